import { useState } from "react";
import { useNavigate } from "react-router";

import { Dialog } from "../components/Dialog";
import { type Shortcut, shortcuts, useShortcuts } from "../lib/shortcuts";
import { PLACES } from "./places";

/** The keys that work everywhere, and the list of all that work here. */
export function Keys() {
  const navigate = useNavigate();
  const [shown, setShown] = useState<Shortcut[] | null>(null);
  useShortcuts([
    { keys: "?", says: "Show these keys", group: "Everywhere", run: () => setShown(shortcuts()) },
    ...PLACES.map((place) => ({
      keys: `g ${place.key}`,
      says: place.name,
      group: "Go to",
      run: () => void navigate(place.to),
    })),
  ]);
  if (!shown) return null;
  const groups = [...new Set(shown.map((each) => each.group))];
  return (
    <Dialog title="Keys" wide close={() => setShown(null)}>
      <div className="keys">
        {groups.map((group) => (
          <section key={group} className="stack">
            <h3>{group}</h3>
            <dl className="pairs">
              {shown
                .filter((each) => each.group === group)
                .map((each) => (
                  <div key={each.keys} style={{ display: "contents" }}>
                    <dt>
                      {each.keys.split(" ").map((key) => (
                        <kbd key={key} style={{ marginRight: 4 }}>
                          {key}
                        </kbd>
                      ))}
                    </dt>
                    <dd>{each.says}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={() => setShown(null)} data-first>
          Close
        </button>
      </div>
    </Dialog>
  );
}
