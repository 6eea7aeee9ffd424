/** The own account at this desk, its keys for programs, and for admins the people of the desk. */
import { Money } from "../../components/figures";
import { Switch } from "../../components/Pick";
import { PageHead, Pairs, Panel, StatusPill } from "../../components/parts";
import { useMay, useSession } from "../../lib/session";
import { setTheme, type Theme, useTheme } from "../../lib/theme";
import { Password } from "./Password";
import { SecondFactor } from "./SecondFactor";
import { Tokens } from "./Tokens";
import { Users } from "./Users";

export default function Settings() {
  const admin = useMay("admin");
  return (
    <div className="page">
      <PageHead title="Settings" />
      <div className="grid">
        <Panel title="You" className="w6">
          <You />
        </Panel>
        <Panel title="How the page looks" className="w6">
          <Look />
        </Panel>
        <Panel title="Password" className="w6">
          <Password />
        </Panel>
        <Panel title="Second factor" className="w6">
          <SecondFactor />
        </Panel>
      </div>
      <Tokens />
      {admin && <Users />}
    </div>
  );
}

const MAY = {
  viewer: "sees everything, changes nothing",
  trader: "trades, kills and rearms",
  admin: "does everything, people and accounts too",
} as const;

function You() {
  const { session, signOut } = useSession();
  return (
    <div className="stack">
      <Pairs
        rows={[
          ["Name", session?.user],
          ["Role", session?.role ? `${session.role}: ${MAY[session.role]}` : "–"],
          ["Desk", `${session?.desk ?? ""}, ${session?.mode ?? ""}`],
          ["Version", session?.version],
          ["This session", "ends 12 hours after you last used it, and after 7 days at most"],
          ["Elsewhere", "a new password ends every other session of yours"],
        ]}
      />
      <div className="line">
        <button type="button" className="button" onClick={() => void signOut()}>
          Sign out here
        </button>
      </div>
    </div>
  );
}

const THEMES: readonly (readonly [Theme, string])[] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

function Look() {
  const theme = useTheme();
  return (
    <div className="stack">
      <Switch label="Theme" value={theme} options={THEMES} choose={setTheme} />
      <p className="quiet small">
        Kept in this browser. Gains and buys look like this: <Money value="12.50" gain />, losses
        and sells like this: <Money value="-12.50" gain />. What needs a person:{" "}
        <StatusPill state="unknown" />
      </p>
    </div>
  );
}
