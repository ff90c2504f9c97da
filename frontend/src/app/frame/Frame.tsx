import { useDisclosure } from "@mantine/hooks";
import { Outlet, useRouter } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { LiveProvider } from "../../api/stream/live";
import c from "./Frame.module.css";
import { Keyboard } from "./Keyboard";
import { Preferences } from "./Preferences";
import { Sidebar } from "./Sidebar";
import { TopBar } from "./TopBar";
import { useGates } from "./useGates";

const Gates = lazy(() => import("./Gates"));
const MenuDrawer = lazy(() => import("./MenuDrawer"));

/** Sidebar, top bar, the page, and what lies over all pages: the palette and the two dialogs that ask who you are. */
export function Frame() {
  const [menu, { open, close }] = useDisclosure(false);
  const gates = useGates();
  const router = useRouter();
  return (
    <LiveProvider onSignedOut={gates.lost}>
      <a className={c["skip"]} href="#page">
        Skip to the page
      </a>
      <div className={c["root"]}>
        <aside className={c["side"]}>
          <div className={c["inside"]}>
            <Sidebar />
          </div>
        </aside>
        <div className={c["column"]}>
          <TopBar onMenu={open} />
          <main className={c["page"]} id="page" tabIndex={-1}>
            <Outlet />
          </main>
        </div>
      </div>
      <Suspense fallback={null}>
        {menu && <MenuDrawer onClose={close} />}
        {gates.asks !== null && <Gates state={gates} onSignOut={() => void router.navigate({ to: "/login" })} />}
      </Suspense>
      <Keyboard />
      <Preferences />
    </LiveProvider>
  );
}
