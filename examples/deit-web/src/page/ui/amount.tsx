import { useId, useState } from "preact/hooks";

interface AmountProps {
  readonly label: string;
  /** What it is, in a sentence. */
  readonly hint?: string;
  readonly value: number;
  readonly min?: number;
  readonly max: number;
  readonly disabled?: boolean;
  /** Called once the slider is released. */
  readonly onChange: (value: number) => void;
}

/** A slider with its number beside it. */
export function Amount({ label, hint, value, min = 1, max, disabled, onChange }: AmountProps) {
  const id = useId();
  const [moved, setMoved] = useState<number>();
  return (
    <div class="amount">
      <label for={id}>{label}</label>
      <output for={id}>{moved ?? value}</output>
      <input
        id={id}
        type="range"
        min={min}
        max={Math.max(max, value)}
        value={moved ?? value}
        disabled={disabled}
        onInput={({ currentTarget }) => setMoved(currentTarget.valueAsNumber)}
        onChange={({ currentTarget }) => {
          setMoved(undefined);
          onChange(currentTarget.valueAsNumber);
        }}
      />
      {hint !== undefined && <small>{hint}</small>}
    </div>
  );
}
