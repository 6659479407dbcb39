import { useId } from "preact/hooks";

interface SliderProps {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly value: number;
  /** The value, in words. */
  readonly shown: string;
  readonly onInput: (value: number) => void;
}

/** A slider that acts while it moves. */
export function Slider({ label, min, max, value, shown, onInput }: SliderProps) {
  const id = useId();
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        value={value}
        disabled={min === max}
        aria-valuetext={shown}
        onInput={({ currentTarget }) => onInput(currentTarget.valueAsNumber)}
      />
      <output for={id}>{shown}</output>
    </div>
  );
}
