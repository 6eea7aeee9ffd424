/** Who may see what: set-up, sign-in, then the pages. */
import { Navigate, Route, Routes } from "react-router";

import { ErrorNote } from "./components/parts";
import { Frame } from "./frame/Frame";
import { useSession } from "./lib/session";
import { SetUp } from "./pages/access/SetUp";
import { SignIn } from "./pages/access/SignIn";
import { NotFound } from "./pages/NotFound";
import { ROUTES } from "./pages/routes";

export function App() {
  const { session, error, renew } = useSession();
  if (!session) {
    return (
      <div className="sign-in" aria-busy={!error}>
        {error && (
          <div>
            <h1>Tradewind</h1>
            <ErrorNote error={error} again={() => void renew()} />
          </div>
        )}
      </div>
    );
  }
  if (session.needs_setup) return <SetUp />;
  if (!session.signed_in) return <SignIn />;
  return (
    <Routes>
      <Route element={<Frame />}>
        {ROUTES.map(({ path, Page }) => (
          <Route key={path} path={path} element={<Page />} />
        ))}
        <Route path="/login" element={<Navigate to="/" replace />} />
        <Route path="*" element={<NotFound />} />
      </Route>
    </Routes>
  );
}
