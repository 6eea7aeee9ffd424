import { useState } from "react";
import { NavLink } from "react-router";

import { Dialog } from "../components/Dialog";
import { Icon } from "../components/icons";
import { useSession } from "../lib/session";
import { setTheme, useDark } from "../lib/theme";
import { PLACES, TABS } from "./places";

export function Nav() {
  return (
    <nav className="nav" aria-label="Places">
      <ul>
        {PLACES.map((place) => (
          <li key={place.to}>
            <NavLink to={place.to} end={place.to === "/"} title={`g ${place.key}`}>
              <Icon name={place.icon} />
              {place.name}
            </NavLink>
          </li>
        ))}
      </ul>
      <Self />
    </nav>
  );
}

function Self() {
  const { session, signOut } = useSession();
  const dark = useDark();
  return (
    <div>
      <button type="button" onClick={() => setTheme(dark ? "light" : "dark")}>
        <Icon name={dark ? "sun" : "moon"} />
        {dark ? "Light" : "Dark"}
      </button>
      <button
        type="button"
        onClick={() => void signOut()}
        title={`${session?.user ?? ""}, ${session?.role ?? ""}`}
      >
        <span className="clip">
          Sign out <span className="faint">{session?.user}</span>
        </span>
      </button>
      <p className="nav-row faint small" data-keys>
        Keys: press ?
      </p>
      <p className="nav-credit faint">
        Charts by{" "}
        <a className="link" href="https://www.tradingview.com/" rel="noreferrer" target="_blank">
          TradingView
        </a>
      </p>
    </div>
  );
}

export function Tabs() {
  const [open, setOpen] = useState(false);
  return (
    <nav className="tabs" aria-label="Places">
      {PLACES.filter((place) => TABS.includes(place.to)).map((place) => (
        <NavLink key={place.to} to={place.to} end={place.to === "/"}>
          <Icon name={place.icon} size={20} />
          {place.name.split(" ")[0]}
        </NavLink>
      ))}
      <button type="button" onClick={() => setOpen(true)} aria-haspopup="dialog">
        <Icon name="more" size={20} />
        More
      </button>
      {open && (
        <Dialog title="More" close={() => setOpen(false)}>
          <div className="nav sheet" onClick={() => setOpen(false)}>
            <ul>
              {PLACES.filter((place) => !TABS.includes(place.to)).map((place) => (
                <li key={place.to}>
                  <NavLink to={place.to}>
                    <Icon name={place.icon} />
                    {place.name}
                  </NavLink>
                </li>
              ))}
            </ul>
            <Self />
          </div>
        </Dialog>
      )}
    </nav>
  );
}
