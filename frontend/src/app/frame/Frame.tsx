import { Drawer } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Outlet, useRouter } from "@tanstack/react-router";
import { LiveProvider } from "../../api/stream/live";
import c from "./Frame.module.css";
import { Gates, useGates } from "./Gates";
import { Keyboard } from "./Keyboard";
import { Preferences } from "./Preferences";
import { Sidebar } from "./Sidebar";
import { TopBar } from "./TopBar";

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
      <Drawer opened={menu} onClose={close} title="Menu" size={268} padding="sm">
        <Sidebar onPick={close} />
      </Drawer>
      <Gates state={gates} onSignOut={() => void router.navigate({ to: "/login" })} />
      <Keyboard />
      <Preferences />
    </LiveProvider>
  );
}
