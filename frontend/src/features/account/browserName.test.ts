import { expect, it } from "vitest";
import { browserName } from "./browserName";

it.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"],
  ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605.1 Version/18.0 Safari/605.1", "Safari on macOS"],
  ["Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"],
  ["curl/8.5", "curl"],
  ["", "Unknown browser"],
  ["<img src=x onerror=1>", "<img src=x onerror=1>"],
])("reads %s as a person would", (agent, name) => expect(browserName(agent)).toBe(name));
