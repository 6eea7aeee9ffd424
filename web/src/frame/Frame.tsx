/** Everything around a page, once somebody is signed in. */
import { Suspense, useEffect } from "react";
import { Outlet, useLocation } from "react-router";

import { Toasts } from "../components/toasts";
import { connect } from "../live/socket";
import { useLive } from "../live/store";
import { Banner } from "./Banner";
import { Broken } from "./Broken";
import { Keys } from "./Keys";
import { KillBar } from "./KillBar";
import { Nav, Tabs } from "./Nav";

export function Frame() {
  const stale = useLive((live) => live.link !== "open" || !live.deskThere);
  const { pathname } = useLocation();
  useEffect(connect, []);
  useEffect(() => {
    // Braces: newer browsers answer with a promise, which is no way to end an effect.
    window.scrollTo(0, 0);
  }, [pathname]);
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
