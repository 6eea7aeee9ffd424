/** Everything around a page, once somebody is signed in. */
import { Component, type ReactNode, Suspense, useEffect } from "react";
import { Outlet, useLocation } from "react-router";

import { DeskError } from "../api/client";
import { ErrorNote } from "../components/parts";
import { Toasts } from "../components/toasts";
import { connect } from "../live/socket";
import { useLive } from "../live/store";
import { Banner } from "./Banner";
import { Keys } from "./Keys";
import { KillBar } from "./KillBar";
import { Nav, Tabs } from "./Nav";

export function Frame() {
  const stale = useLive((live) => live.link !== "open" || !live.deskThere);
  const { pathname } = useLocation();
  useEffect(connect, []);
  useEffect(() => window.scrollTo(0, 0), [pathname]);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <KillBar />
      <Nav />
      <main id="main" className="main" tabIndex={-1} data-stale={stale}>
        <Broken key={pathname}>
          <Suspense fallback={<div style={{ minHeight: 480 }} aria-busy="true" />}>
            <Outlet />
          </Suspense>
        </Broken>
      </main>
      <Tabs />
      <Banner />
      <Toasts />
      <Keys />
    </div>
  );
}

/** A page that fails leaves the strip with its kill standing. */
class Broken extends Component<{ children: ReactNode }, { failed: Error | null }> {
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
