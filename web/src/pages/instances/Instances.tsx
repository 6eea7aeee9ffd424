import { Link } from "react-router";

import { PageHead, Panel } from "../../components/parts";
import { useMay } from "../../lib/session";
import { InstanceRows } from "./InstanceRows";

export default function Instances() {
  const may = useMay("trader");
  return (
    <div className="page">
      <PageHead title="Instances" actions={may && <Link className="button primary" to="/instances/new">Deploy</Link>} />
      <Panel title="All instances" flush>
        <InstanceRows />
      </Panel>
    </div>
  );
}
