/**
 * Decodes a document, or a section of it. Layers and callbacks are decoded one by one, each by the form that its name selects; a
 * union would try all forms, which takes seconds for thousands of them.
 */
import * as Result from "effect/Result"
import type * as Document from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { detailed } from "../diagnostic/Suggest.ts"
import { isRecord } from "../source/Data.ts"
import { isWithin, type Path, print } from "../source/Path.ts"
import { type Codec, type Homes, notesOf } from "./Annotation.ts"
import { briefFindings } from "./BriefFindings.ts"
import { byOption } from "./ByOption.ts"
import { isName } from "./Fields.ts"
import { decode } from "./Issues.ts"
import type { ModelFileSchema, WholeFile } from "./ModelFileSchema.ts"

type Decoded<A> = Result.Result<A, ReadonlyArray<Finding>>

/** Data as text, with different texts for different data; JSON has the same text for `.inf` and `null`. */
const textOf = (data: unknown): string => {
  if (typeof data === "number") return Object.is(data, -0) ? "-0" : String(data)
  if (Array.isArray(data)) return `[${data.map(textOf).join()}]`
  if (isRecord(data))
    return `{${Object.entries(data)
      .map(([key, value]) => `${JSON.stringify(key)}:${textOf(value)}`)
      .join()}}`
  return JSON.stringify(data)
}

/** A finding about a layer that was decoded at `from`, for an equal layer at `to`: its code and its place. */
const again = ({ at, code, message }: Finding, from: Path, to: Path): Finding => ({
  code,
  message,
  at: { ...at, path: [...to, ...at.path.slice(from.length)] },
})

/** The keys beside the name of a form. */
const besides: ReadonlyArray<string> = ["name", "from"]

const isNamed = (value: unknown): value is string => typeof value === "string" && isName(value)

/** A layer with its sound names apart, in whose place it has others: layers that differ in names alone are equal then. */
const apart = (item: unknown): { readonly unnamed: unknown; readonly names: { readonly [key: string]: string } } => {
  const names: Record<string, string> = {}
  if (!isRecord(item)) return { unnamed: item, names }
  for (const key of besides) {
    const name = Object.hasOwn(item, key) ? item[key] : undefined
    if (isNamed(name)) names[key] = name
  }
  return { unnamed: { ...item, ...Object.fromEntries(Object.keys(names).map((key) => [key, "a"])) }, names }
}

/** The choice that the items of a list are of, and the places of keys of other sections. */
interface Choice {
  readonly codec: Codec
  readonly homes: Homes | undefined
}

/** An item that was decoded: a layer, a callback or a metric. */
type Item = Document.Layer

/** The items of a list, or all findings; `sound` is the first item without a finding. With `brief`, all findings are. */
const each = (choice: Choice, items: ReadonlyArray<unknown>, path: Path, brief = false) => {
  const made: Array<Item> = []
  const findings: Array<Finding> = []
  /** Items that are equal but for their names are decoded once; those with mistakes once the list has its detailed findings. */
  const known = new Map<string, Item>()
  const refused = new Map<string, { readonly path: Path; readonly findings: ReadonlyArray<Finding> }>()
  let sound: unknown
  const options = byOption(textOf)
  items.forEach((item, i) => {
    const { names, unnamed } = apart(item)
    const written = textOf(unnamed)
    const at = [...path, i]
    const isBrief = brief || findings.length >= detailed
    const wrong = isBrief ? refused.get(written) : undefined
    if (wrong !== undefined) {
      for (const finding of wrong.findings) findings.push(again(finding, wrong.path, at))
      return
    }
    const before = known.get(written)
    const like = before ?? similar(choice, options, unnamed)
    const wrongly = isBrief && like === undefined && !isHolder(item) ? briefFindings(choice.codec, item, at) : []
    const decoded =
      like !== undefined
        ? Result.succeed({ ...like, ...names })
        : wrongly.length > 0
          ? Result.fail(wrongly)
          : itemOf(choice, item, at, isBrief)
    if (Result.isFailure(decoded)) {
      if (!refused.has(written)) refused.set(written, { path: at, findings: decoded.failure })
      for (const finding of decoded.failure) findings.push(finding)
    } else {
      known.set(written, decoded.success)
      if (like === undefined) keep(choice, options, unnamed, decoded.success)
      made.push(decoded.success)
      sound ??= item
    }
  })
  const result: Decoded<ReadonlyArray<Item>> = findings.length === 0 ? Result.succeed(made) : Result.fail(findings)
  return { result, sound }
}

/** The keys of layers that contain layers. */
const holders = ["block", "repeat"] as const

const isHolder = (item: unknown): boolean => isRecord(item) && holders.some((key) => Object.hasOwn(item, key))

type ByOption = ReturnType<typeof byOption>

/** The form and the name of an item that contains no others, if its keys beside are sound. */
const formOf = ({ codec }: Choice, item: unknown) => {
  if (!isRecord(item) || isHolder(item)) return undefined
  const [name, second] = Object.keys(item).filter((key) => !besides.includes(key))
  const isSound = besides.every((key) => !Object.hasOwn(item, key) || isNamed(item[key]))
  if (name === undefined || second !== undefined || !isSound) return undefined
  const verdict = notesOf(codec.ast).dispatch?.(item, true)
  return verdict?._tag === "Meant" && verdict.input === item ? { form: verdict.schema, name, item } : undefined
}

/** A sound item by its options, where one with the same keys was decoded before. */
const similar = (choice: Choice, options: ByOption, written: unknown): Item | undefined => {
  const found = formOf(choice, written)
  return found === undefined ? undefined : (options.decode(found.form, found.name, found.item) as Item | undefined)
}

const keep = (choice: Choice, options: ByOption, written: unknown, item: Item): void => {
  const found = formOf(choice, written)
  if (found !== undefined) options.keep(found.form, found.name, found.item, item)
}

/** One item. With `brief`, the finding of an unknown name proposes nothing. */
const itemOf = (choice: Choice, item: unknown, path: Path, brief: boolean): Decoded<Item> => {
  const verdict = notesOf(choice.codec.ast).dispatch?.(item, brief)
  const by = (codec: Codec, value: unknown) => decode(codec, value, path, choice.homes, brief) as Decoded<Item>
  if (verdict === undefined) return by(choice.codec, item)
  if (verdict._tag === "Nothing") {
    if (!brief) return by(choice.codec, item)
    const at = { path: [...path, ...(verdict.path ?? [])], ...(verdict.on === undefined ? {} : { on: verdict.on }) }
    return Result.fail([{ code: verdict.code, message: `${print(path)}: ${verdict.message}`, at }])
  }
  const { input } = verdict
  const one = (value: unknown) => by(verdict.schema, value)
  const holder = isRecord(input) ? holders.find((key) => Object.hasOwn(input, key)) : undefined
  const held = holder !== undefined && isRecord(input) ? input[holder] : undefined
  if (holder === undefined || !isRecord(input) || !isRecord(held) || !Array.isArray(held.layers) || held.layers.length === 0)
    return one(input)
  const { result: inside, sound } = each(choice, held.layers, [...path, holder, "layers"], brief)
  // The holder itself is decoded around a sound layer: the findings of its own are known, and nested ones would be found once per level.
  const frame = { ...input, [holder]: { ...held, layers: [sound ?? { head: "label" }] } }
  const wrongly = brief ? briefFindings(verdict.schema, frame, path) : []
  if (wrongly.length === 0 && brief && Result.isFailure(inside)) return Result.fail(inside.failure)
  const around = wrongly.length > 0 ? Result.fail(wrongly) : one(frame)
  if (Result.isFailure(around)) {
    const own = around.failure.filter(({ at }) => !isWithin(at.path, [...path, holder, "layers", 0]))
    return Result.fail([...own, ...(Result.isFailure(inside) ? inside.failure : [])])
  }
  const content = around.success[holder]
  return Result.map(inside, (list) => ({ ...around.success, [holder]: { ...(content as object), layers: list } }))
}

/** A list of a document that is decoded item by item: its place, and the choice of its items. */
interface Listed {
  readonly section: "model" | "train"
  readonly key: "layers" | "callbacks" | "metrics"
  readonly codec: (schema: ModelFileSchema) => Codec
  /** The items up to which the list is decoded with its section, whose findings may move keys into it. */
  readonly together: number
}

const layers: Listed = { section: "model", key: "layers", codec: ({ layer }) => layer, together: 0 }
const callbacks: Listed = { section: "train", key: "callbacks", codec: ({ callback }) => callback, together: detailed }
const metrics: Listed = { section: "train", key: "metrics", codec: ({ metric }) => metric, together: detailed }

type Values = { readonly [key: string]: unknown }

/** Decodes a value without a list, and the list, if there is one; then `put` puts the items into what was decoded. */
const apartFrom = <A>(
  { together }: Listed,
  items: unknown,
  rest: (isApart: boolean) => Decoded<A>,
  list: (items: ReadonlyArray<unknown>) => Decoded<ReadonlyArray<Item>>,
  put: (rest: A, items: ReadonlyArray<Item>) => A,
): Decoded<A> => {
  if (!Array.isArray(items) || items.length <= together) return rest(false)
  const [others, found] = [rest(true), list(items)]
  if (Result.isSuccess(others)) return Result.map(found, (all) => put(others.success, all))
  return Result.isSuccess(found) ? others : Result.fail([...others.failure, ...found.failure])
}

/** The items of a list, decoded at a path. */
const itemsOf = (schema: ModelFileSchema, { codec }: Listed, items: ReadonlyArray<unknown>, path: Path) =>
  each({ codec: codec(schema), homes: notesOf(schema.file.ast).homes }, items, path).result

/** Decodes a section that has such a list, or a value in its place. */
const section =
  <A>(listed: Listed, codecOf: (schema: ModelFileSchema) => Codec<A>) =>
  (schema: ModelFileSchema, value: unknown): Decoded<A> => {
    const { key } = listed
    return apartFrom(
      listed,
      isRecord(value) ? value[key] : undefined,
      (isApart) => decode(codecOf(schema), isApart ? { ...(value as Values), [key]: [] } : value),
      (items) => itemsOf(schema, listed, items, [key]),
      (rest, items) => ({ ...rest, [key]: items }),
    )
  }

/** Decodes a model. */
export const model = section(layers, ({ sections }) => sections.model)

/** Decodes the section `train`. */
export const train = section(callbacks, ({ sections }) => sections.train)

/** Decodes a document. */
export const file = (schema: ModelFileSchema, value: unknown): Decoded<WholeFile> => {
  const decodedBut = (value: unknown, [listed, ...more]: ReadonlyArray<Listed>): Decoded<WholeFile> => {
    if (listed === undefined) return decode(schema.file, value)
    const { key, section: name } = listed
    const around = isRecord(value) ? value[name] : undefined
    return apartFrom(
      listed,
      isRecord(around) ? around[key] : undefined,
      (isApart) => decodedBut(isApart ? { ...(value as Values), [name]: { ...(around as Values), [key]: [] } } : value, more),
      (items) => itemsOf(schema, listed, items, [name, key]),
      (document, items) => ({ ...document, [name]: { ...document[name], [key]: items } }),
    )
  }
  return decodedBut(value, [layers, callbacks, metrics])
}
