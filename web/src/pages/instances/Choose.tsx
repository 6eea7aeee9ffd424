import { useId, useState } from "react";

interface ChooseProps {
  label: string;
  help: string;
  options: readonly (readonly [id: string, note: string])[];
  chosen: string[];
  choose: (ids: string[]) => void;
}

const MOST = 60;

/** Several of many, in the order in which they were chosen; what is typed narrows the list. */
export function Choose({ label, help, options, chosen, choose }: ChooseProps) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const wanted = typed.toLowerCase();
  const found = options.filter(([name]) => name.toLowerCase().includes(wanted)).slice(0, MOST);
  const flip = (name: string) =>
    choose(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
  return (
    <fieldset className="field" style={{ border: 0, margin: 0, padding: 0 }}>
      <label htmlFor={id}>
        {label}
        <span className="unit">{chosen.length > 0 && `${chosen.length} chosen`}</span>
      </label>
      {options.length > 8 && (
        <input
          id={id}
          className="input"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder="Find"
          autoComplete="off"
          spellCheck={false}
        />
      )}
      <div className="rows-box panel" style={{ maxHeight: 168, padding: "4px 8px" }}>
        {found.map(([name, note]) => (
          <label key={name} className="check" style={{ minHeight: 28 }}>
            <input type="checkbox" checked={chosen.includes(name)} onChange={() => flip(name)} />
            <span className="clip" title={name}>
              {name} <span className="faint small">{note}</span>
            </span>
          </label>
        ))}
        {!found.length && <span className="faint small">Nothing of that name.</span>}
      </div>
      <span className="help">{chosen.length ? chosen.join(", ") : help}</span>
    </fieldset>
  );
}
