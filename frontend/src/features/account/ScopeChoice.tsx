import c from "./account.module.css";
import { type Area, areaName, type Reach } from "./scopes";

interface Props {
  areas: readonly Area[];
  chosen: Readonly<Record<string, Reach>>;
  onChange: (chosen: Record<string, Reach>) => void;
}

const REACHES: readonly { reach: Reach; words: string }[] = [
  { reach: "none", words: "None" },
  { reach: "read", words: "Read" },
  { reach: "write", words: "Write" },
];

/** One choice for each area. Write includes read. */
export function ScopeChoice({ areas, chosen, onChange }: Props) {
  return (
    <table className={c["areas"]}>
      <caption className="vh">What the token may do in each area. Write includes read.</caption>
      <thead>
        <tr>
          <th scope="col">Area</th>
          {REACHES.map(({ reach, words }) => (
            <th key={reach} scope="col">
              {words}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {areas.map((line) => (
          <tr key={line.area}>
            <th scope="row">{areaName(line.area)}</th>
            {REACHES.map(({ reach, words }) => (
              <td key={reach}>
                {(reach === "none" || line[reach]) && (
                  <label>
                    <input
                      type="radio"
                      name={`scope-${line.area}`}
                      checked={(chosen[line.area] ?? "none") === reach}
                      onChange={() => onChange({ ...chosen, [line.area]: reach })}
                    />
                    <span className="vh">
                      {areaName(line.area)}: {words}
                    </span>
                  </label>
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
