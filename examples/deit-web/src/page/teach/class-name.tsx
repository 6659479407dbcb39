import { useEffect, useRef } from "preact/hooks";
import { dismiss } from "../state/problems.ts";
import { renameClass, toBeNamed } from "../state/project.ts";

/** The name of a class, to be edited in place. Enter keeps it, Escape brings the old one back. */
export function ClassName({ name, locked }: { name: string; locked: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (toBeNamed.peek() !== name) return;
    toBeNamed.value = undefined;
    input.current!.focus();
  }, [name]);
  const keep = async () => {
    const wanted = input.current!.value.trim();
    if (wanted === name) return;
    const renamed = wanted !== "" && (await renameClass(name, wanted));
    if (!renamed && input.current !== null) input.current.value = name;
  };
  return (
    <input
      ref={input}
      class="class-name"
      aria-label={`Name of class ${name}`}
      defaultValue={name}
      readOnly={locked}
      spellcheck={false}
      autocomplete="off"
      maxLength={60}
      onFocus={({ currentTarget }) => {
        if (/^Class \d+$/.test(name)) currentTarget.select(); // a name to be replaced
      }}
      onBlur={() => void keep()}
      onKeyDown={({ key, currentTarget }) => {
        if (key === "Escape") currentTarget.value = name;
        if (key === "Escape" || key === "Enter") currentTarget.blur();
        else dismiss(`class:${name}`);
      }}
    />
  );
}
