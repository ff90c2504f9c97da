"""An admin socket with HAProxy's manners: one question per connection, an empty line after a change, state by `show stat`."""

from __future__ import annotations

import os
import socket
import threading

HEADER = "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,"


class FakeHaproxy:
    def __init__(self, path: str) -> None:
        self.states = {("app", "s1"): "UP", ("app", "s2"): "UP"}
        self.bits: dict[tuple[str, str], int] = {}
        self.changes: list[str] = []
        self.deaf = False
        self.delay_sec = 0.0
        self.path = path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(path)
        self._socket.listen(16)
        self._stop = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            with link:
                question = b""
                while not question.endswith(b"\n"):
                    chunk = link.recv(4096)
                    if not chunk:
                        break
                    question += chunk
                self._stop.wait(self.delay_sec)
                try:
                    link.sendall(self.answer(question.decode().strip()).encode())
                except BrokenPipeError:
                    continue  # who asked did not wait

    def answer(self, question: str) -> str:
        words = question.split()
        if words[:2] == ["show", "stat"]:
            rows = ["web,FRONTEND,,,3,9,2000,100,10,20,0,0,0,,,,,OPEN,,,,,,,,,1,2,0,,,,0,"]
            rows += [
                f"{b},{s},0,0,0,1,,4,1,1,,0,,0,0,0,0,{state},1,1,0,0,0,30,0,,1,3,1,,4,,2,"
                for (b, s), state in self.states.items()
            ]
            return "\n".join(
                [HEADER, *rows, "app,BACKEND,0,0,0,1,200,6,1,1,0,0,,0,0,0,0,UP,2,2,0,,0,30,0,,1,3,0,,6,,1,", "", ""]
            )
        if words[:3] == ["show", "servers", "state"]:
            head = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight\n"
            rows = [f"3 {b} 1 {s} 192.0.2.1 2 {self.bits.get((b, s), 0)} 1\n" for b, s in self.states if b == words[3]]
            return head + "".join(rows) + "\n"
        if words[:2] == ["show", "version"]:
            return "2.6.12\n\n"
        if words[:2] == ["set", "server"]:
            backend, _, server = words[2].partition("/")
            if (backend, server) not in self.states:
                return "No such server.\n\n"
            self.changes.append(question)
            if self.deaf:
                return "\n"
            self.bits[(backend, server)] = {"drain": 8, "maint": 1, "ready": 0}[words[4]]
            if self.states[(backend, server)] != "DOWN":
                self.states[(backend, server)] = {"drain": "DRAIN", "maint": "MAINT", "ready": "UP 1/3"}[words[4]]
            return "\n"
        return "Unknown command\n\n"

    def close(self) -> None:
        self._stop.set()
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        os.unlink(self.path)
