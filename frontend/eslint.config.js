import { readdirSync } from "node:fs";
import importX from "eslint-plugin-import-x";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

const features = readdirSync(new URL("./src/features", import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

// Imports point down: app → features → api, ui → lib. A feature knows no other feature.
const zones = [
  ...features.map((name) => ({
    target: `./src/features/${name}`,
    from: "./src/features",
    except: [`./${name}`],
    message: "Features do not import each other: move what both need into ui/, api/ or lib/, or let app/ compose.",
  })),
  { target: "./src/features", from: "./src/app", message: "app/ composes features, not the other way round." },
  { target: "./src/ui", from: ["./src/features", "./src/app"], message: "ui/ shows what it is given." },
  { target: "./src/api", from: ["./src/features", "./src/app", "./src/ui"], message: "api/ knows no screen." },
  {
    target: "./src/lib",
    from: ["./src/features", "./src/app", "./src/ui", "./src/api"],
    message: "lib/ is plain code.",
  },
];

export default ts.config(
  { ignores: ["dist", "src/api/schema.d.ts"] },
  {
    files: ["src/**/*.{ts,tsx}"],
    languageOptions: { parser: ts.parser, parserOptions: { ecmaFeatures: { jsx: true } } },
    plugins: { "import-x": importX, "react-hooks": hooks, ts: ts.plugin },
    settings: { "import-x/resolver": { node: { extensions: [".ts", ".tsx", ".js", ".css"] } } },
    rules: {
      "import-x/no-restricted-paths": ["error", { zones }],
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "ts/no-explicit-any": "error",
      "ts/no-non-null-assertion": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Text from hosts stays text." },
        { selector: "Literal[value=/^#[0-9a-fA-F]{3,8}$/]", message: "Colours are roles of ui/tokens.css." },
      ],
    },
  },
);
