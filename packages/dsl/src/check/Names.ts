/**
 * The names of layers and the references to them. It reads the document before it is decoded, and only where it is of the
 * right kind, so that a mistake elsewhere does not hide a mistake here.
 *
 * A list of layers is a scope: inside a `repeat` or a block only its own layers are visible, and `input`, which is
 * its input; from outside, it is one layer.
 */
import type { AnyEntry } from "@adjoint/core/learning/Entry"
import { inputName, joins } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { getsSuggestion, listed } from "../diagnostic/Suggest.ts"
import { unknown } from "../diagnostic/Unknown.ts"
import { type Catalogue, standard } from "../schema/Catalogue.ts"
import { type Data, isRecord } from "../source/Data.ts"
import { type Path, pointer } from "../source/Path.ts"

/** A definition or use of a layer name. `scope` is the path of its list of layers, `index` the item. */
interface Mention {
  readonly name: string
  /** Whether it is joined with others, or feeds a layer alone. */
  readonly verb?: "join" | "read"
  readonly path: Path
  readonly scope: Path
  readonly index: number
}

interface Mentions {
  readonly given: ReadonlyArray<Mention>
  readonly used: ReadonlyArray<Mention>
}

const collect = (layers: Data | undefined, scope: Path, reading: Reading): Mentions => {
  if (!Array.isArray(layers)) return { given: [], used: [] }
  const given: Array<Mention> = []
  const used: Array<Mention> = []
  layers.forEach((item: Data, index) => {
    if (!isRecord(item)) return
    const path = [...scope, index]
    const { from, name } = item
    if (typeof name === "string") given.push({ name, path: [...path, "name"], scope, index })
    for (const how of joins) {
      const names = item[how]
      if (!Array.isArray(names)) continue
      names.forEach((used_: Data, i) => {
        if (typeof used_ === "string") used.push({ name: used_, verb: "join", path: [...path, how, i], scope, index })
      })
    }
    for (const [kind, options] of reading) {
      const content = item[kind]
      if (!isRecord(content)) continue
      for (const option of options) {
        const named = content[option]
        if (typeof named === "string") used.push({ name: named, verb: "read", path: [...path, kind, option], scope, index })
      }
    }
    if (typeof from === "string") used.push({ name: from, verb: "read", path: [...path, "from"], scope, index })
    for (const holder of ["repeat", "block"]) {
      const held = item[holder]
      if (!isRecord(held)) continue
      const inner = collect(held.layers, [...path, holder, "layers"], reading)
      given.push(...inner.given)
      used.push(...inner.used)
    }
  })
  return { given, used }
}

/** The options that are names of layers, by the layers that have them. */
export type Reading = ReadonlyMap<string, ReadonlyArray<string>>

/** Those of a catalogue. */
export const readingOf = ({ layer }: Pick<Catalogue, "layer">): Reading =>
  new Map(
    Object.entries<AnyEntry<unknown>>(layer).flatMap(([name, { options }]) => {
      const own = Object.keys(options).filter((option) => options[option]?.kind === "layer")
      return own.length === 0 ? [] : [[name, own] as const]
    }),
  )

/** The kind of layer that contains a scope: `repeat` or `block`. */
const holderOf = ({ scope }: Mention): string => String(scope.at(-2))

/** The first layer of each name in each scope, by scope and name. */
type First = ReadonlyMap<string, ReadonlyMap<string, Mention>>

const firstOf = (given: ReadonlyArray<Mention>): First => {
  const scopes = new Map<string, Map<string, Mention>>()
  for (const mention of given) {
    const scope = pointer(mention.scope)
    const names = scopes.get(scope) ?? new Map<string, Mention>()
    scopes.set(scope, names)
    if (!names.has(mention.name)) names.set(mention.name, mention)
  }
  return scopes
}

/** The columns that heads are named after, where there are several heads and they have no name of their own. */
const headNames = (layers: Data, scope: Path): ReadonlyArray<Mention> => {
  if (!Array.isArray(layers)) return []
  const heads = layers.flatMap((item: Data, index) => (isRecord(item) && Object.hasOwn(item, "head") ? [{ item, index }] : []))
  if (heads.length < 2) return []
  const named = heads.flatMap(({ index, item }) => {
    if (typeof item.name === "string") return []
    const target: Data | undefined = isRecord(item.head) ? item.head.target : item.head
    const path = [...scope, index, "head", ...(isRecord(item.head) ? ["target"] : [])]
    return typeof target === "string" ? [{ name: target, path, scope, index }] : []
  })
  // Two heads of one column are reported as that.
  return [...new Map(named.toReversed().map((mention) => [mention.name, mention])).values()].toReversed()
}

/**
 * Finds duplicate names, and references to names that are unknown, defined later, or not visible. `inputs` are the names of the
 * model's inputs, if they have names.
 */
export const check = (
  layers: Data,
  root: Path = ["model", "layers"],
  inputs: ReadonlyArray<string> | undefined = undefined,
  reading: Reading = readingOf(standard),
): ReadonlyArray<Finding> => {
  const { given: written, used } = collect(layers, root, reading)
  const given = [...written, ...headNames(layers, root)].toSorted((a, b) => (a.scope === b.scope ? a.index - b.index : 0))
  const inputNames = new Set(inputs)
  const isInput = ({ name, scope }: Mention): boolean => scope === root && inputNames.has(name)
  const first = firstOf(given)
  const anywhere = new Map(given.toReversed().map((mention) => [mention.name, mention]))
  const twice = given.flatMap((mention): ReadonlyArray<Finding> => {
    const at = { path: mention.path }
    if (mention.name === inputName)
      return [
        {
          code: "R204",
          message: `\`${inputName}\` is reserved for the input of the layers`,
          at,
          help: "give the layer another name",
        },
      ]
    if (isInput(mention))
      return [
        {
          code: "R204",
          message: `\`${mention.name}\` is the name of an input`,
          at,
          related: [{ at: { path: ["model", "inputs", mention.name], on: "key" }, label: "the input" }],
          help: "give one of them another name",
        },
      ]
    const earlier = first.get(pointer(mention.scope))?.get(mention.name)
    if (earlier === undefined || earlier === mention) return []
    return [
      {
        code: "R204",
        message: `two layers have the name \`${mention.name}\``,
        at,
        related: [{ at: { path: earlier.path }, label: "first used here" }],
        help: "give one of them another name",
      },
    ]
  })
  const references = used.filter((mention) => !isInput(mention))
  return [
    ...twice,
    ...references.flatMap((mention, i) =>
      reference(mention, {
        first,
        anywhere,
        isDetailed: getsSuggestion(i, anywhere.size),
        inputs: mention.scope === root ? inputs : undefined,
      }),
    ),
  ]
}

/** The names that a reference may have. */
interface Known {
  readonly first: First
  readonly anywhere: ReadonlyMap<string, Mention>
  readonly isDetailed: boolean
  /** The names of the model's inputs, if they have names and the reference is at the top. */
  readonly inputs: ReadonlyArray<string> | undefined
}

const reference = (mention: Mention, { anywhere, first, inputs, isDetailed }: Known): ReadonlyArray<Finding> => {
  const { name, index, scope } = mention
  const at = { path: mention.path }
  if (name === inputName) {
    if (inputs === undefined) return []
    const [only, second] = inputs
    const fix = only === undefined || second !== undefined ? {} : { fix: { title: `write \`${only}\``, at, text: only } }
    return [
      {
        code: "R203",
        message: `\`${inputName}\` is the input of a model whose inputs have no names`,
        at,
        help: `write the name of an input: ${listed(inputs)}`,
        ...fix,
      },
    ]
  }
  const siblings = first.get(pointer(scope)) ?? new Map<string, Mention>()
  const here = siblings.get(name)
  if (here !== undefined) {
    if (here.index < index) return []
    const where = here.index === index ? "is this layer itself" : "comes later"
    return [
      {
        code: "R206",
        message: `\`${name}\` ${where}: a layer can only ${mention.verb} layers above it`,
        at,
        ...(here.index === index ? {} : { related: [{ at: { path: here.path }, label: "named here" }] }),
      },
    ]
  }
  const elsewhere = anywhere.get(name)
  if (elsewhere !== undefined) {
    const within = elsewhere.scope.length > scope.length
    return [
      {
        code: "R207",
        message: `\`${name}\` is ${within ? "inside" : "outside"} a \`${holderOf(within ? elsewhere : mention)}\`, so it is not visible ${within ? "outside" : "inside"} it`,
        at,
        related: [{ at: { path: elsewhere.path }, label: "named here" }],
        help: within
          ? `${mention.verb} it inside the ${holderOf(elsewhere)}, or give the ${holderOf(elsewhere)} a name`
          : `inside it, \`${inputName}\` is the input of ${holderOf(mention) === "repeat" ? "each repetition" : "the block"}`,
      },
    ]
  }
  // A suggestion compares the name with all that are there, which for thousands of mistakes takes seconds.
  const above = isDetailed ? [...siblings.values()].flatMap((other) => (other.index < index ? [other.name] : [])) : []
  const visible = isDetailed ? [...(inputs ?? []), ...above] : []
  return [
    unknown({
      code: "R203",
      message: inputs === undefined ? "there is no layer named" : "there is no layer or input named",
      name,
      names: visible,
      at,
      none: "give a layer above a name, as in `{ dense: 64, name: h1 }`",
      there: inputs === undefined ? "the layers above are" : "the inputs and the layers above are",
    }),
  ]
}
