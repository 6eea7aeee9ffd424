import "./styles/all.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";

import { App } from "./App";
import { Broken } from "./frame/Broken";
import { SessionProvider } from "./lib/session";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id root.");
createRoot(root).render(
  <StrictMode>
    <BrowserRouter>
      <SessionProvider>
        <Broken>
          <App />
        </Broken>
      </SessionProvider>
    </BrowserRouter>
  </StrictMode>,
);
