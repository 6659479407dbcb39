/** One of a few choices. */
export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
  /** What it does, in a sentence. */
  readonly text?: string;
}

interface ChoiceProps<T extends string> {
  readonly legend: string;
  readonly name: string;
  readonly options: readonly Option<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly disabled?: boolean;
  /** Whether the choices stand in a row, without sentences. */
  readonly inline?: boolean;
  /** What they are about, in a sentence. */
  readonly hint?: string;
}

/** Radio buttons, each with a sentence. */
export function Choice<T extends string>(props: ChoiceProps<T>) {
  const { legend, name, options, value, onChange, disabled, inline, hint } = props;
  return (
    <fieldset class={inline ? "choice inline" : "choice"} disabled={disabled}>
      <legend>{legend}</legend>
      <div class="options">
        {options.map((option) => (
          <label class="option" key={option.value}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span class="option-label">{option.label}</span>
            {option.text !== undefined && <small>{option.text}</small>}
          </label>
        ))}
      </div>
      {hint !== undefined && <small>{hint}</small>}
    </fieldset>
  );
}
