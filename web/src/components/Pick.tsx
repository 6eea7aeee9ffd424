/** One of a few, with its name for those who do not see it. */
interface PickProps<Name extends string> {
  label: string;
  value: Name | "";
  options: readonly (Name | readonly [Name, string])[];
  choose: (value: Name | "") => void;
  /** The word for no choice; without it something is always chosen. */
  all?: string;
}

export function Pick<Name extends string>({ label, value, options, choose, all }: PickProps<Name>) {
  return (
    <select
      className="input pick"
      aria-label={label}
      value={value}
      onChange={(event) => choose(event.target.value as Name | "")}
    >
      {all !== undefined && <option value="">{all}</option>}
      {options.map((each) => {
        const [name, text] = typeof each === "string" ? [each, each] : each;
        return (
          <option key={name} value={name}>
            {text}
          </option>
        );
      })}
    </select>
  );
}

/** A field in which one looks for rows; the key / leads to it. */
export function Find({
  value,
  change,
  label,
}: {
  value: string;
  change: (value: string) => void;
  label: string;
}) {
  return (
    <input
      className="input find"
      type="search"
      aria-label={label}
      placeholder={label}
      value={value}
      onChange={(event) => change(event.target.value)}
      autoComplete="off"
      spellCheck={false}
      data-find
    />
  );
}

/** Two or three choices side by side, one of them pressed. */
export function Switch<Name extends string>({
  label,
  value,
  options,
  choose,
}: {
  label: string;
  value: Name;
  options: readonly (readonly [Name, string])[];
  choose: (value: Name) => void;
}) {
  return (
    <div className="switch" role="radiogroup" aria-label={label}>
      {options.map(([name, text]) => (
        <button
          key={name}
          type="button"
          role="radio"
          aria-checked={name === value}
          data-name={name}
          onClick={() => choose(name)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
