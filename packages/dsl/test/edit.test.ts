/** Edits change what they say and nothing else, in whatever style a file is written. */
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Document, visit } from "yaml"
import { type Edit, fixOf } from "../src/diagnostic/Edit.ts"
import { editsOf } from "../src/diagnostic/Fix.ts"
import { type Data, isRecord } from "../src/source/Data.ts"
import type { Path } from "../src/source/Path.ts"
import { fromText } from "../src/source/Source.ts"
import { parse } from "../src/text/Yaml.ts"

const positionsOf = (text: string) => parse(fromText("m.yaml", text)).positions

const dataOf = (text: string): Data | undefined => {
  const { data, diagnostics } = parse(fromText("m.yaml", text))
  expect(diagnostics).toEqual([])
  return data
}

/** The text after an edit; nothing where the edit cannot be made. */
const edited = (text: string, edit: Edit): string | undefined => {
  const fix = fixOf(positionsOf(text), edit)
  if (fix === undefined) return undefined
  let out = ""
  let at = 0
  for (const { span, text: written } of editsOf(fix).toSorted((a, b) => a.span.start - b.span.start)) {
    out += text.slice(at, span.start) + written
    at = span.end
  }
  return out + text.slice(at)
}

const key = fc.constantFrom("a", "b", "c", "d", "e")
const scalar = fc.oneof(fc.integer({ min: -9, max: 99 }), fc.constantFrom("x", "y z", "70%", true))

/** Documents of maps and lists, each written in block or in flow style, with comments here and there. */
const { document } = fc.letrec<{ readonly value: Data; readonly document: Data }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { minLength: 1, maxLength: 4 }),
    fc.dictionary(key, tie("value"), { minKeys: 1, maxKeys: 4 }),
  ),
  document: fc.dictionary(key, tie("value"), { minKeys: 1, maxKeys: 5 }),
}))

const written = fc.tuple(document, fc.infiniteStream(fc.nat({ max: 3 }))).map(([data, choices]) => {
  const yaml = new Document(data)
  const next = () => choices.next().value
  visit(yaml, {
    Collection: (at, node) => {
      if (at !== null && next() === 0) node.flow = true
    },
    Scalar: (at, node) => {
      if (at === "value" && next() === 0 && typeof node.value === "number") node.comment = " a comment"
    },
  })
  return yaml.toString({ lineWidth: 0 })
})

const pathsOf = (data: Data, path: Path = []): ReadonlyArray<Path> => [
  ...(path.length === 0 ? [] : [path]),
  ...(Array.isArray(data)
    ? data.flatMap((item, i) => pathsOf(item, [...path, i]))
    : isRecord(data)
      ? Object.entries(data).flatMap(([name, item]) => pathsOf(item, [...path, name]))
      : []),
]

const at = (data: Data | undefined, path: Path): Data | undefined =>
  path.reduce<Data | undefined>(
    (owner, step) =>
      Array.isArray(owner) && typeof step === "number" ? owner[step] : isRecord(owner) ? owner[String(step)] : undefined,
    data,
  )

/** The data with what stands at a path changed; without it, where nothing is given. A block map cannot be empty, so it goes too. */
const changed = (data: Data, [step, ...rest]: Path, change: (value: Data) => Data | undefined): Data => {
  const inner = (value: Data) => (rest.length === 0 ? change(value) : changed(value, rest, change))
  if (Array.isArray(data))
    return data.flatMap((item, i) => {
      const made = i === step ? inner(item) : item
      return made === undefined ? [] : [made]
    })
  return Object.fromEntries(
    Object.entries(data as { readonly [name: string]: Data }).flatMap(([name, item]) => {
      const made = name === step ? inner(item) : item
      return made === undefined ? [] : [[name, made]]
    }),
  )
}

const isEmpty = (data: Data | undefined): boolean =>
  data === undefined || (Array.isArray(data) && data.length === 0) || (isRecord(data) && Object.keys(data).length === 0)

/** Both with empty maps and lists left out: deleting the last key of a map may delete the map. */
const pruned = (data: Data | undefined): Data | undefined => {
  if (Array.isArray(data)) return data.map(pruned).filter((item): item is Data => !isEmpty(item))
  if (!isRecord(data)) return data
  return Object.fromEntries(
    Object.entries(data).flatMap(([name, item]) => {
      const made = pruned(item)
      return made === undefined || isEmpty(made) ? [] : [[name, made]]
    }),
  )
}

describe("any document", () => {
  test("loses a key or an item and nothing else", () => {
    let made = 0
    fc.assert(
      fc.property(written, fc.nat(), (text, choice) => {
        const data = dataOf(text) ?? {}
        const paths = pathsOf(data)
        const path = paths[choice % paths.length] ?? []
        const after = edited(text, { title: "", remove: path })
        if (after === undefined) return
        made++
        if (after.trim() === "") return
        expect(pruned(dataOf(after))).toEqual(pruned(changed(data, path, () => undefined)))
      }),
    )
    expect(made).toBeGreaterThan(20)
  })

  test("gets another item at the end of a list and changes nothing else", () => {
    let made = 0
    fc.assert(
      fc.property(written, fc.nat(), (text, choice) => {
        const data = dataOf(text) ?? {}
        const lists = pathsOf(data).filter((path) => Array.isArray(at(data, path)))
        const path = lists[choice % Math.max(1, lists.length)]
        if (path === undefined) return
        const after = edited(text, { title: "", append: path, text: "head: z" })
        if (after === undefined) return
        made++
        expect(dataOf(after)).toEqual(changed(data, path, (list) => [...(list as ReadonlyArray<Data>), { head: "z" }]))
      }),
    )
    expect(made).toBeGreaterThan(10)
  })

  test("gets a list for a map, each key an item", () => {
    let made = 0
    fc.assert(
      fc.property(written, fc.nat(), (text, choice) => {
        const data = dataOf(text) ?? {}
        const maps = pathsOf(data).filter((path) => isRecord(at(data, path)))
        const path = maps[choice % Math.max(1, maps.length)]
        if (path === undefined) return
        const after = edited(text, { title: "", itemize: path })
        if (after === undefined) return
        made++
        const items = (map: Data) =>
          Object.entries(map as { readonly [name: string]: Data }).map(([name, item]) => ({ [name]: item }))
        expect(dataOf(after)).toEqual(changed(data, path, items))
      }),
    )
    expect(made).toBeGreaterThan(10)
  })

  test("keeps a value that moves", () => {
    let made = 0
    fc.assert(
      fc.property(written, fc.nat(), (text, choice) => {
        const data = dataOf(text) ?? {}
        const keys = pathsOf(data).filter((path) => typeof path.at(-1) === "string" && path.length > 1)
        const path = keys[choice % Math.max(1, keys.length)]
        if (path === undefined) return
        const after = edited(text, { title: "", move: path, to: ["f", "g"] })
        if (after === undefined) return
        made++
        const value = at(data, path)
        expect(at(dataOf(after), ["f", "g"])).toEqual(value)
        expect(pruned(changed(dataOf(after) ?? {}, ["f"], () => undefined))).toEqual(pruned(changed(data, path, () => undefined)))
      }),
    )
    expect(made).toBeGreaterThan(10)
  })
})

describe("an edit", () => {
  test.each([
    ["a line with its comment", "a: 1 # one\nb: 2\n", { remove: ["a"] }, "b: 2\n"],
    ["the first key of an item", "a:\n  - b: 1\n    c: 2\n", { remove: ["a", 0, "b"] }, "a:\n  - c: 2\n"],
    ["the last of a flow map", "a: { b: 1 }\n", { remove: ["a", "b"] }, "a: {}\n"],
    ["an item that moves to the end", "a:\n  - b: 1\n  - c: 2\n", { append: ["a"], item: ["a", 0] }, "a:\n  - c: 2\n  - b: 1\n"],
    ["a key of a bare name", "a: b\nc: 1\n", { move: ["c"], to: ["a", "b", "d"] }, "a: { b: { d: 1 } }\n"],
    ["a key that is there with the same value", "a: { b: 1 }\nb: 1\n", { move: ["b"], to: ["a", "b"] }, "a: { b: 1 }\n"],
    ["a key that is there with another value", "a: { b: 1 }\nb: 2\n", { move: ["b"], to: ["a", "b"] }, undefined],
    ["a value on lines of its own", "a:\n  b: 1\nc: 2\n", { move: ["a"], to: ["d", "a"] }, undefined],
  ] as const)("of %s", (_, text, edit, wanted) => {
    expect(edited(text, { title: "", ...edit } as Edit)).toBe(wanted)
  })
})
