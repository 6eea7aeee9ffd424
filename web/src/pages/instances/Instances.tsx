import { Link } from "react-router";

import { PageHead, Panel } from "../../components/parts";
import { useLive } from "../../live/store";
import { useMay } from "../../lib/session";
import { InstanceRows } from "./InstanceRows";

export default function Instances() {
  const may = useMay("trader");
  const count = useLive((live) => live.instances.size);
  return (
    <div className="page">
      <PageHead
        title="Instances"
        actions={
          may && (
            <Link className="button primary" to="/instances/new">
              Deploy
            </Link>
          )
        }
      />
      <Panel title={count === 1 ? "One instance" : `${count} instances`} flush>
        <InstanceRows />
      </Panel>
    </div>
  );
}
