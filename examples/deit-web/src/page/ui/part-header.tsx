import type { ComponentChildren } from "preact";

/** Number, name and sense of a part of the page. */
export function PartHeader(props: {
  id: string;
  number: number;
  title: string;
  children: ComponentChildren;
}) {
  return (
    <header class="part-header">
      <span class="numeral" aria-hidden="true">
        {props.number}
      </span>
      <div>
        <h2 id={`${props.id}-title`}>{props.title}</h2>
        <p>{props.children}</p>
      </div>
    </header>
  );
}
