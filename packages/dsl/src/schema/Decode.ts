/**
 * Decodes a document, or its model. Layers are decoded one by one, each by the form that its name selects; a union would try
 * all forms, which takes seconds for thousands of layers.
 */
import * as Result from "effect/Result"
import type * as Document from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { isRecord } from "../source/Data.ts"
import { isWithin, type Path, print } from "../source/Path.ts"
import { type Codec, notesOf, type Verdict } from "./Annotation.ts"
import { byOption, withoutUnknown } from "./ByOption.ts"
import { isName } from "./Fields.ts"
import { decode, detailed } from "./Issues.ts"
import type { ModelFileSchema } from "./ModelFileSchema.ts"

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

/** The layers of a list, or all findings; `sound` is the first layer without a finding. */
const each = (schema: ModelFileSchema, items: ReadonlyArray<unknown>, path: Path) => {
  const made: Array<Document.Layer> = []
  const findings: Array<Finding> = []
  /** Layers that are equal but for their names are decoded once; those with mistakes once the list has its detailed findings. */
  const known = new Map<string, Document.Layer>()
  const refused = new Map<string, { readonly path: Path; readonly findings: ReadonlyArray<Finding> }>()
  let sound: unknown
  const options = byOption(textOf)
  items.forEach((item, i) => {
    const { names, unnamed } = apart(item)
    const written = textOf(unnamed)
    const at = [...path, i]
    const isBrief = findings.length >= detailed
    const wrong = isBrief ? refused.get(written) : undefined
    if (wrong !== undefined) {
      for (const finding of wrong.findings) findings.push(again(finding, wrong.path, at))
      return
    }
    const before = known.get(written)
    const like = before ?? similar(schema, options, unnamed)
    const decoded = like === undefined ? layer(schema, item, at, isBrief) : Result.succeed({ ...like, ...names })
    if (Result.isFailure(decoded)) {
      if (!refused.has(written)) refused.set(written, { path: at, findings: decoded.failure })
      for (const finding of decoded.failure) findings.push(finding)
    } else {
      known.set(written, decoded.success)
      if (like === undefined) keep(schema, options, unnamed, decoded.success)
      made.push(decoded.success)
      sound ??= item
    }
  })
  const result: Decoded<ReadonlyArray<Document.Layer>> = findings.length === 0 ? Result.succeed(made) : Result.fail(findings)
  return { result, sound }
}

/** The keys of layers that contain layers. */
const holders = ["block", "repeat"] as const

type ByOption = ReturnType<typeof byOption>

/** The form and the name of a layer that contains no others, if its keys beside are sound. */
const formOf = (schema: ModelFileSchema, item: unknown) => {
  if (!isRecord(item) || holders.some((key) => Object.hasOwn(item, key))) return undefined
  const [name, second] = Object.keys(item).filter((key) => !besides.includes(key))
  const isSound = besides.every((key) => !Object.hasOwn(item, key) || isNamed(item[key]))
  if (name === undefined || second !== undefined || !isSound) return undefined
  const verdict = notesOf(schema.layer.ast).dispatch?.(item, true)
  return verdict?._tag === "Meant" && verdict.input === item ? { form: verdict.schema, name, item } : undefined
}

/** A sound layer by its options, where one with the same keys was decoded before. */
const similar = (schema: ModelFileSchema, options: ByOption, written: unknown): Document.Layer | undefined => {
  const found = formOf(schema, written)
  return found === undefined ? undefined : (options.decode(found.form, found.name, found.item) as Document.Layer | undefined)
}

const keep = (schema: ModelFileSchema, options: ByOption, written: unknown, layer: Document.Layer): void => {
  const found = formOf(schema, written)
  if (found !== undefined) options.keep(found.form, found.name, found.item, layer)
}

/** The finding of a verdict, without a proposal. */
const briefly = (verdict: Extract<Verdict, { readonly _tag: "Nothing" }>, path: Path): Finding => ({
  code: verdict.code,
  message: `${print(path)}: ${verdict.message}`,
  at: { path: [...path, ...(verdict.path ?? [])], ...(verdict.on === undefined ? {} : { on: verdict.on }) },
})

/** A layer whose findings are not shown. The choices of unknown names are found before the layer is decoded without them. */
const layerInBrief = (
  form: Codec,
  input: unknown,
  path: Path,
  one: (value: unknown) => Decoded<Document.Layer>,
): Decoded<Document.Layer> => {
  const name = isRecord(input) ? Object.keys(input).find((key) => !besides.includes(key)) : undefined
  const split = name === undefined || !isRecord(input) ? undefined : withoutUnknown(form, name, input)
  if (name === undefined || split === undefined) return one(input)
  const around = one(split.rest)
  const others = Result.isSuccess(around) ? [] : around.failure
  const isRequired = others.some(({ at }) => at.on === "missing" && split.unknown.some(({ option }) => option === at.path.at(-1)))
  if (isRequired) return one(input)
  const inside = [...path, name]
  return Result.fail([
    ...split.unknown.map(({ option, verdict }) => briefly(verdict, [...inside, option])),
    // A rule about all options is not asked while one of them is wrong.
    ...others.filter(({ at }) => at.path.length > inside.length || at.on === "key"),
  ])
}

/** One layer. With `brief`, the finding of an unknown name proposes nothing. */
const layer = (schema: ModelFileSchema, item: unknown, path: Path, brief: boolean): Decoded<Document.Layer> => {
  const { homes } = notesOf(schema.file.ast)
  const verdict = notesOf(schema.layer.ast).dispatch?.(item, brief)
  const by = (codec: Codec, value: unknown) => decode(codec, value, path, homes, brief) as Decoded<Document.Layer>
  if (verdict === undefined) return by(schema.layer, item)
  if (verdict._tag === "Nothing") {
    if (!brief) return by(schema.layer, item)
    return Result.fail([briefly(verdict, path)])
  }
  const { input } = verdict
  const one = (value: unknown) => by(verdict.schema, value)
  const holder = isRecord(input) ? holders.find((key) => Object.hasOwn(input, key)) : undefined
  const held = holder !== undefined && isRecord(input) ? input[holder] : undefined
  if (holder === undefined || !isRecord(input) || !isRecord(held) || !Array.isArray(held.layers) || held.layers.length === 0)
    return brief ? layerInBrief(verdict.schema, input, path, one) : one(input)
  const { result: inside, sound } = each(schema, held.layers, [...path, holder, "layers"])
  // The holder itself is decoded around a sound layer: the findings of its own are known, and nested ones would be found once per level.
  const around = one({ ...input, [holder]: { ...held, layers: [sound ?? { head: "label" }] } })
  if (Result.isFailure(around)) {
    const own = around.failure.filter(({ at }) => !isWithin(at.path, [...path, holder, "layers", 0]))
    return Result.fail([...own, ...(Result.isFailure(inside) ? inside.failure : [])])
  }
  const content = around.success[holder]
  return Result.map(inside, (list) => ({ ...around.success, [holder]: { ...(content as object), layers: list } }))
}

/** Puts the layers of a model into a value that was decoded without them. */
const together = <A>(
  rest: Decoded<A>,
  list: Decoded<ReadonlyArray<Document.Layer>>,
  put: (rest: A, list: ReadonlyArray<Document.Layer>) => A,
): Decoded<A> => {
  if (Result.isSuccess(rest)) return Result.map(list, (found) => put(rest.success, found))
  return Result.isSuccess(list) ? rest : Result.fail([...rest.failure, ...list.failure])
}

/** The list of layers of a model, if it has one. */
const listOf = (model: unknown): ReadonlyArray<unknown> | undefined =>
  isRecord(model) && Array.isArray(model.layers) ? model.layers : undefined

/** Decodes a model. */
export const model = (schema: ModelFileSchema, value: unknown): Decoded<Document.Model> => {
  const list = listOf(value)
  if (list === undefined || !isRecord(value)) return decode(schema.sections.model, value)
  return together(
    decode(schema.sections.model, { ...value, layers: [] }),
    each(schema, list, ["layers"]).result,
    (rest, found) => ({
      ...rest,
      layers: found,
    }),
  )
}

/** Decodes a document. */
export const file = (schema: ModelFileSchema, value: unknown): Decoded<Document.ModelFile> => {
  const list = isRecord(value) ? listOf(value.model) : undefined
  if (list === undefined || !isRecord(value) || !isRecord(value.model)) return decode(schema.file, value)
  const rest = decode(schema.file, { ...value, model: { ...value.model, layers: [] } })
  return together(rest, each(schema, list, ["model", "layers"]).result, (document, found) => ({
    ...document,
    model: { ...document.model, layers: found },
  }))
}
