/** The branches of a model with named inputs or several heads: each layer has an input, is used, and meets the others. */
import type { Model } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { listed } from "../diagnostic/Suggest.ts"
import { hasNames, severalHeads } from "../net/Heads.ts"
import * as Nodes from "../net/Nodes.ts"
import type { Catalogue } from "../schema/Catalogue.ts"

/** A layer with the names that it reads. */
interface Reader {
  readonly node: Nodes.Node
  readonly reads: ReadonlyArray<string>
}

const readersOf = (nodes: ReadonlyArray<Nodes.Node>, inputs: ReadonlyArray<string>): ReadonlyArray<Reader> => {
  let above = inputs.length === 1 ? inputs[0] : undefined
  return nodes.map((node) => {
    const own = Nodes.namesOf(node, above)
    if (node._tag !== "Head") above = node.name
    return { node, reads: own.filter((name) => name !== undefined) }
  })
}

/** The names that lead to one of these. */
const reaching = (readers: ReadonlyArray<Reader>, ends: ReadonlyArray<string>): ReadonlySet<string> => {
  const found = new Set(ends)
  for (const { node, reads } of readers.toReversed()) if (found.has(node.name)) for (const name of reads) found.add(name)
  return found
}

const keyOf = ({ content }: Nodes.Node): Location => ({ path: content, on: "key" })

/** The groups of heads that share no layer and no input, of the layers that lead to heads. */
const groups = (
  readers: ReadonlyArray<Reader>,
  used: ReadonlySet<string>,
  heads: ReadonlyArray<string>,
): ReadonlyArray<ReadonlyArray<string>> => {
  const parents = new Map<string, string>()
  const rootOf = (name: string): string => {
    let root = name
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next
    // Later searches of this name are short.
    if (root !== name) parents.set(name, root)
    return root
  }
  for (const { node, reads } of readers) {
    if (!used.has(node.name)) continue
    for (const name of reads) {
      const [a, b] = [rootOf(name), rootOf(node.name)]
      if (a !== b) parents.set(b, a)
    }
  }
  const made = new Map<string, Array<string>>()
  for (const head of heads) {
    const root = rootOf(head)
    const group = made.get(root)
    if (group === undefined) made.set(root, [head])
    else group.push(head)
  }
  return [...made.values()]
}

/** All findings about branches; none for a model with one input and one output, neither of which has a name. */
export const check = (model: Model, catalogue: Catalogue): ReadonlyArray<Finding> => {
  if (!hasNames(model)) return []
  const inputs = Nodes.inputsOf(model)
  const nodes = Nodes.nodes({ catalogue, model })
  const readers = readersOf(nodes, inputs)
  const homeless = readers.filter(({ reads }) => reads.length === 0).map(({ node }) => node)
  if (homeless.length > 0)
    return homeless.map((node) => ({
      code: "G407",
      message: `\`${node.kind}\` has no layer above it and does not say which input it reads`,
      at: keyOf(node),
      help: `add \`from\`: the inputs are ${listed(inputs, "and")}`,
    }))
  // A reference to an unknown name is reported as that.
  const known = new Set([...inputs, ...nodes.map(({ name }) => name)])
  if (readers.some(({ reads }) => reads.some((name) => !known.has(name)))) return []
  const heads = severalHeads(model)
  const ends = heads?.map(({ name }) => name) ?? nodes.slice(-1).map(({ name }) => name)
  const used = reaching(readers, ends)
  const read = new Set(readers.flatMap(({ reads }) => reads))
  const unused = readers.flatMap(({ node }): ReadonlyArray<Finding> => {
    if (used.has(node.name)) return []
    return !read.has(node.name)
      ? [
          {
            code: "G408",
            message: `nothing reads \`${node.name}\`, so its branch has no effect`,
            at: keyOf(node),
            help: "join it with another branch, as in `- concat: [a, b]`, give it a head, or remove it",
          },
        ]
      : []
  })
  const unread =
    model.inputs === undefined
      ? []
      : inputs
          .filter((name) => !read.has(name))
          .map(
            (name): Finding => ({
              code: "G408",
              message: `no layer reads the input \`${name}\``,
              at: { path: ["model", "inputs", name], on: "key" },
              help: `let a layer read it, as in \`{ dense: 16, from: ${name} }\`, or remove it`,
            }),
          )
  const apart = heads === undefined ? [] : groups(readers, used, ends)
  const [first = [], second] = apart
  const place = heads?.find(({ name }) => name === second?.[0])
  const meet: ReadonlyArray<Finding> =
    second === undefined || place === undefined
      ? []
      : [
          {
            code: "A621",
            message: `the branches of ${listed(first, "and")} and of ${listed(second, "and")} never meet`,
            at: { path: [...place.path, "head"], on: "key" },
            help: "join them below both heads, as in `- concat: [a, b]`, or train a model for each",
          },
        ]
  return [...unused, ...unread, ...meet]
}
