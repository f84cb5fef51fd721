import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as T from "../src/tensor/Tensor.ts"
import { ShapeError } from "../src/types/ShapeError.ts"
import * as Tree from "../src/types/Tree.ts"

const names = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", "length", "0", "10", "2", "a.b", "é"),
)

/** Random trees of scalars. Records are made with own keys, as JSON.parse makes them. */
const { tree } = fc.letrec<{ tree: Tree.Tree<T.Tensor> }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.integer({ min: -9, max: 9 }).map((x): Tree.Tree<T.Tensor> => T.scalar(x)),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.array(fc.tuple(names, tie("tree")), { maxLength: 3 }).map((fields) => Object.fromEntries(fields)),
  ),
}))

const values = (of: unknown): ReadonlyArray<number> => (Tree.leaves(of) as ReadonlyArray<T.Tensor>).map(T.toNumber)

/** A tree with its keys in the opposite order. */
const shuffled = (of: unknown): unknown =>
  T.isTensor(of)
    ? of
    : Array.isArray(of)
      ? of.map(shuffled)
      : Object.fromEntries(
          Object.entries(of as Record<string, unknown>)
            .reverse()
            .map(([key, child]) => [key, shuffled(child)]),
        )

describe("for every tree", () => {
  const law = (name: string, holds: (of: Tree.Tree<T.Tensor>) => void) =>
    test(name, () => {
      fc.assert(fc.property(tree, holds), { numRuns: 200 })
    })

  law("mapping by identity changes nothing", (of) => {
    expect(Tree.map(of as unknown, (leaf) => leaf)).toEqual(of)
  })

  law("mapping twice is mapping by both in turn", (of) => {
    const f = (x: unknown) => T.add(x as T.Tensor, 1)
    const g = (x: unknown) => T.mul(x as T.Tensor, 3)
    expect(values(Tree.map(Tree.map(of as unknown, f), g))).toEqual(values(Tree.map(of as unknown, (x) => g(f(x)))))
  })

  law("leaves and withLeaves are inverse", (of) => {
    expect(Tree.withLeaves(of as unknown, Tree.leaves(of as unknown))).toEqual(of)
  })

  law("entries are the leaves with their paths, in the order map visits them", (of) => {
    const visited: Array<Tree.Path> = []
    Tree.map(of as unknown, (leaf, path) => {
      visited.push(path)
      return leaf
    })
    const entries = Tree.entries(of as unknown)
    expect(entries.map(([path]) => path)).toEqual(visited)
    expect(entries.map(([, leaf]) => leaf)).toEqual(Tree.leaves(of as unknown))
    expect(new Set(entries.map(([path]) => JSON.stringify(path))).size).toBe(entries.length)
  })

  law("the order of keys does not count", (of) => {
    expect(values(shuffled(of))).toEqual(values(of))
    expect(Tree.structure(shuffled(of))).toBe(Tree.structure(of))
  })

  law("zipping a tree with itself pairs each leaf with itself", (of) => {
    const doubled = Tree.zip((x, y) => T.add(x as T.Tensor, y as T.Tensor), of as unknown, of)
    expect(values(doubled)).toEqual(values(of).map((x) => 2 * x))
    expect(Tree.structure(doubled)).toBe(Tree.structure(of))
  })
})

describe("structure", () => {
  const leaf = T.scalar(1)

  test("two trees of one structure print alike, two of different structure do not", () => {
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        const skeleton = (of: unknown): unknown =>
          T.isTensor(of)
            ? 0
            : Array.isArray(of)
              ? ["list", of.map(skeleton)]
              : [
                  "record",
                  Object.entries(of as object)
                    .map(([k, v]) => [k, skeleton(v)])
                    .sort(),
                ]
        const alike = JSON.stringify(skeleton(a)) === JSON.stringify(skeleton(b))
        if (alike) expect(Tree.structure(a)).toBe(Tree.structure(b))
        if (Tree.structure(a) !== Tree.structure(b)) expect(() => Tree.zip(() => 0, a as unknown, b)).toThrow(ShapeError)
      }),
      { numRuns: 300 },
    )
  })

  test.each<[unknown, unknown]>([
    [{ a: { b: leaf } }, { "a.b": leaf }],
    [[leaf], { 0: leaf }],
    [[[leaf], leaf], [[leaf, leaf]]],
    [{ a: leaf, b: leaf }, { "a, b": leaf }],
    [{ a: leaf }, { a: leaf, b: {} }],
    [[], {}],
    [leaf, [leaf]],
    [{ a: leaf }, { a: [leaf] }],
    [{ a: leaf }, { "a: [_]": leaf }],
  ])("%# told apart", (a, b) => {
    expect(Tree.structure(a)).not.toBe(Tree.structure(b))
    expect(() => Tree.zip(() => 0, a, b)).toThrow(/trees of one structure/)
  })
})

describe("keys named for prototypes", () => {
  const evil = JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3}') as Record<string, number>
  const grown = Object.fromEntries(Object.entries(evil).map(([key, x]) => [key, T.scalar(x)]))

  test("are kept as keys and change no prototype", () => {
    const doubled = Tree.map(grown, (x) => T.mul(x, 2))
    expect(Object.getPrototypeOf(doubled)).toBe(Object.prototype)
    expect(Object.keys(doubled).sort()).toEqual(["__proto__", "constructor", "toString"])
    expect(values(doubled)).toEqual([2, 4, 6])
    expect(({} as Record<string, unknown>)["1"]).toBeUndefined()
  })

  test("are not taken from where they are not", () => {
    expect(() => Tree.zip(() => 0, grown as unknown, {})).toThrow(/trees of one structure/)
  })
})

describe("what is no tree", () => {
  test.each([[1], ["text"], [null], [undefined], [{ a: 1 }], [[undefined]]])("%j", (wrong) => {
    expect(() => Tree.leaves(wrong)).toThrow(/tensors, records and lists/)
  })

  test("is named by its place", () => {
    expect(() => Tree.entries({ classes: [T.scalar(1), "cat"] })).toThrow("not cat at classes.1. Try: a tree without it")
    expect(() => Tree.map({ w: { rate: 0.1 } } as unknown, (x) => x)).toThrow(
      "not 0.1 at w.rate. Try: a tensor instead of the number: Tensor.scalar",
    )
  })

  test("too few and too many leaves", () => {
    expect(() => Tree.withLeaves([T.scalar(1)], [])).toThrow(ShapeError)
    expect(() => Tree.withLeaves([T.scalar(1)], [1, 2])).toThrow(ShapeError)
  })
})
