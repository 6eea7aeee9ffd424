import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` serves the sources and hands everything else to a running desk.
const target = process.env["TRADEWIND_URL"] ?? "http://127.0.0.1:7400";

export default defineConfig({
  plugins: [react()],
  build: {
    manifest: true,
    target: "es2022",
    // light-dark() stays as written: every colour is named once.
    cssTarget: ["chrome123", "safari17.5", "firefox120"],
  },
  server: { proxy: { "/api": { target }, "/metrics": { target }, "/ws": { target, ws: true } } },
});
