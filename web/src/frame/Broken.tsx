import { Component, type ReactNode } from "react";

import { DeskError } from "../api/client";
import { ErrorNote } from "../components/parts";

/** What fails inside is replaced by its reason: the strip with its kill stands around each page. */
export class Broken extends Component<{ children: ReactNode }, { failed: Error | null }> {
  override state: { failed: Error | null } = { failed: null };

  static getDerivedStateFromError(failed: Error) {
    return { failed };
  }

  override render() {
    const { failed } = this.state;
    if (!failed) return this.props.children;
    const told = new DeskError(
      `Drew this page, found a fault of its own (${failed.message}); load it anew. The desk is not touched by it.`,
      "failed",
      0,
    );
    return <ErrorNote error={told} again={() => location.reload()} />;
  }
}
