/**
 * A whole document, or its model, decoded. The layers are taken out and decoded one by one: the name of each says which
 * form it has, where a union would try all of its forms, which takes seconds for files of thousands of layers.
 */
import * as Result from "effect/Result"
import type * as Document from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { isRecord } from "../source/Data.ts"
import { isWithin, type Path, print } from "../source/Path.ts"
import { type Codec, notesOf } from "./Annotation.ts"
import { decode, detailed } from "./Issues.ts"
import type { ModelFileSchema } from "./ModelFileSchema.ts"

type Decoded<A> = Result.Result<A, ReadonlyArray<Finding>>

/** Data as text, the same for the same data alone: JSON has one text for `.inf` and `null`. */
const textOf = (data: unknown): string => {
  if (typeof data === "number") return Object.is(data, -0) ? "-0" : String(data)
  if (Array.isArray(data)) return `[${data.map(textOf).join()}]`
  if (isRecord(data))
    return `{${Object.entries(data)
      .map(([key, value]) => `${JSON.stringify(key)}:${textOf(value)}`)
      .join()}}`
  return JSON.stringify(data)
}

/** The items of a list of layers, or everything that is wrong with them; `sound` is the first that nothing is wrong with. */
const each = (schema: ModelFileSchema, items: ReadonlyArray<unknown>, path: Path) => {
  const made: Array<Document.Layer> = []
  const findings: Array<Finding> = []
  /** Layers that are written alike are decoded once. */
  const known = new Map<string, Document.Layer>()
  let sound: unknown
  items.forEach((item, i) => {
    const written = textOf(item)
    const before = known.get(written)
    const decoded = before === undefined ? layer(schema, item, [...path, i], findings.length >= detailed) : Result.succeed(before)
    if (Result.isFailure(decoded)) for (const finding of decoded.failure) findings.push(finding)
    else {
      known.set(written, decoded.success)
      made.push(decoded.success)
      sound ??= item
    }
  })
  const result: Decoded<ReadonlyArray<Document.Layer>> = findings.length === 0 ? Result.succeed(made) : Result.fail(findings)
  return { result, sound }
}

/** What holds layers of its own. */
const holders = ["block", "repeat"] as const

/** One layer. `brief` leaves the details of a name that is not there to the findings before it. */
const layer = (schema: ModelFileSchema, item: unknown, path: Path, brief: boolean): Decoded<Document.Layer> => {
  const { homes } = notesOf(schema.file.ast)
  const verdict = notesOf(schema.layer.ast).dispatch?.(item, brief)
  const by = (codec: Codec, value: unknown) => decode(codec, value, path, homes) as Decoded<Document.Layer>
  if (verdict === undefined) return by(schema.layer, item)
  if (verdict._tag === "Nothing") {
    if (!brief) return by(schema.layer, item)
    const at = { path: [...path, ...(verdict.path ?? [])], ...(verdict.on === undefined ? {} : { on: verdict.on }) }
    return Result.fail([{ code: verdict.code, message: `${print(path)}: ${verdict.message}`, at }])
  }
  const { input } = verdict
  const one = (value: unknown) => by(verdict.schema, value)
  const holder = isRecord(input) ? holders.find((key) => Object.hasOwn(input, key)) : undefined
  const held = holder !== undefined && isRecord(input) ? input[holder] : undefined
  if (holder === undefined || !isRecord(input) || !isRecord(held) || !Array.isArray(held.layers) || held.layers.length === 0)
    return one(input)
  const { result: inside, sound } = each(schema, held.layers, [...path, holder, "layers"])
  // The holder itself is decoded around one of its layers; what is wrong with that one is known.
  const around = one({ ...input, [holder]: { ...held, layers: [sound ?? held.layers[0]] } })
  if (Result.isFailure(around)) {
    const own = around.failure.filter(({ at }) => !isWithin(at.path, [...path, holder, "layers", 0]))
    return Result.fail([...own, ...(Result.isFailure(inside) ? inside.failure : [])])
  }
  const content = around.success[holder]
  return Result.map(inside, (list) => ({ ...around.success, [holder]: { ...(content as object), layers: list } }))
}

/** A value decoded without the layers of its model, and its layers, put together. */
const together = <A>(
  rest: Decoded<A>,
  list: Decoded<ReadonlyArray<Document.Layer>>,
  put: (rest: A, list: ReadonlyArray<Document.Layer>) => A,
): Decoded<A> => {
  if (Result.isSuccess(rest)) return Result.map(list, (found) => put(rest.success, found))
  return Result.isSuccess(list) ? rest : Result.fail([...rest.failure, ...list.failure])
}

/** The list of layers of a model, where there is one. */
const listOf = (model: unknown): ReadonlyArray<unknown> | undefined =>
  isRecord(model) && Array.isArray(model.layers) ? model.layers : undefined

/** A model, or everything that is wrong with it. */
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

/** A whole document, or everything that is wrong with it. */
export const file = (schema: ModelFileSchema, value: unknown): Decoded<Document.ModelFile> => {
  const list = isRecord(value) ? listOf(value.model) : undefined
  if (list === undefined || !isRecord(value) || !isRecord(value.model)) return decode(schema.file, value)
  const rest = decode(schema.file, { ...value, model: { ...value.model, layers: [] } })
  return together(rest, each(schema, list, ["model", "layers"]).result, (document, found) => ({
    ...document,
    model: { ...document.model, layers: found },
  }))
}
