/**
 * A value set from outside the file: `train.batch=64` puts 64 where the document has `train.batch`. It is put into the
 * plain data before decoding, so short forms, defaults and checks treat it like a value of the file.
 */
import * as Result from "effect/Result"
import { codes } from "../diagnostic/Codes.ts"
import { type Data, isRecord } from "../source/Data.ts"
import { type Path, print } from "../source/Path.ts"
import { fromText } from "../source/Source.ts"
import { parse as parseYaml } from "./Yaml.ts"

/** A path, the value for it, and the text of the setting. */
export interface Override {
  readonly path: Path
  readonly value: Data
  readonly text: string
}

const step = /(?:^|\.)(?<key>[^.[\]=]+)|\[(?<index>\d+)\]/gy

/** A path as `Path.print` writes it, without quoted keys. `parsePath("model.layers[2].dense") // => ["model", "layers", 2, "dense"]` */
export const parsePath = (text: string): Path | undefined => {
  const path: Array<string | number> = []
  let end = 0
  for (const match of text.matchAll(step)) {
    const { index, key } = match.groups ?? {}
    path.push(key === undefined ? Number(index) : key)
    end = match.index + match[0].length
  }
  return path.length > 0 && end === text.length && !path.includes("__proto__") ? path : undefined
}

/** Parses a setting such as `train.batch=64`; the value is read as YAML. Fails with a description of the mistake. */
export const parse = (text: string): Result.Result<Override, string> => {
  const equals = text.indexOf("=")
  if (equals < 0) return Result.fail(`\`${text}\` sets nothing: write \`path=value\`, as in \`train.batch=64\``)
  const path = parsePath(text.slice(0, equals).trim())
  if (path === undefined) return Result.fail(`\`${text.slice(0, equals)}\` is not a path such as \`train.batch\``)
  if (text.slice(equals + 1).trim() === "") return Result.fail(`\`${text}\` has no value: write one after the \`=\`, or \`null\``)
  const { data, diagnostics } = parseYaml(fromText("", text.slice(equals + 1)))
  const [wrong] = diagnostics
  if (data === undefined || wrong !== undefined)
    return Result.fail(`\`${text.slice(equals + 1)}\` is not a value: ${wrong?.message ?? codes.Y001.title}`)
  return Result.succeed({ path, value: data, text })
}

/** The data with a value at a path. Fails where the path leads through a value that is not a map or a list. */
export const apply = (data: Data, { path, value }: Override, at = 0): Result.Result<Data, string> => {
  const key = path[at]
  if (key === undefined) return Result.succeed(value)
  const inside = (child: Data) => apply(child, { path, value, text: "" }, at + 1)
  if (typeof key === "number") {
    if (!Array.isArray(data) || key >= data.length)
      return Result.fail(`\`${print(path.slice(0, at + 1))}\` is not there: ${whatIs(data, path.slice(0, at))}`)
    return Result.map(inside(data[key]), (child) => data.map((item: Data, i) => (i === key ? child : item)))
  }
  // A bare name is the name without options.
  const record = data === key ? { [key]: {} } : (data ?? {})
  if (!isRecord(record))
    return Result.fail(`\`${print(path.slice(0, at + 1))}\` is not there: ${whatIs(data, path.slice(0, at))}`)
  const child = Object.hasOwn(record, key) ? record[key] : undefined
  return Result.map(inside(child ?? null), (made) => ({ ...record, [key]: made }))
}

/**
 * The data with the short form that a path leads through spelled out: `adam: 0.02` becomes `adam: { lr: 0.02 }` for the
 * path `train.optimizer.adam.lr`. `sections` are the decoded sections of the data. `undefined` where no short form stands
 * in the way.
 */
export const spelledOut = (data: Data, path: Path, sections: () => unknown): Data | undefined => {
  let short: unknown = data
  let depth = 0
  while (depth < path.length && typeof short === "object" && short !== null) {
    short = child(short, path[depth])
    depth++
  }
  if (short === null || short === undefined || depth === path.length) return undefined
  const place = path.slice(0, depth)
  const full = place.reduce<unknown>(child, sections())
  if (!isRecord(full)) return undefined
  // A short form is the value of one option; the others keep their defaults.
  const mains = Object.entries(full).filter(([, value]) => value === short)
  const spelled = mains.length === 1 ? Object.fromEntries(mains) : full
  return Result.getOrUndefined(apply(data, { path: place, value: spelled, text: "" }))
}

const child = (owner: unknown, key: string | number | undefined): unknown =>
  typeof owner === "object" && owner !== null && key !== undefined && Object.hasOwn(owner, key)
    ? (owner as { readonly [key: string | number]: unknown })[key]
    : undefined

const whatIs = (data: Data, path: Path): string => {
  const kind = Array.isArray(data) ? `a list of ${data.length}` : isRecord(data) ? "a map" : `\`${JSON.stringify(data)}\``
  return `${print(path)} is ${kind}`
}
