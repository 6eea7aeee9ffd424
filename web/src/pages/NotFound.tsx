import { Link } from "react-router";

import { Empty, PageHead } from "../components/parts";

export function NotFound() {
  return (
    <div className="page">
      <PageHead title="Nothing here" />
      <Empty
        title="There is no page at this address."
        action={
          <Link to="/" className="button">
            To the cockpit
          </Link>
        }
      >
        It may have been renamed, or the address was cut off.
      </Empty>
    </div>
  );
}
