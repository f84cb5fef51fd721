/** Keys compared with the published numbers of JAX and Random123, bit for bit. */
import { describe, expect, test } from "vitest"
import { block } from "../src/reference/threefry.ts"
import * as Key from "../src/tensor/Key.ts"
import * as T from "../src/tensor/Tensor.ts"
import { assertAllClose } from "../src/testing/allClose.ts"

const unsigned = (words: Iterable<number>): ReadonlyArray<number> => [...words].map((word) => word >>> 0)

const words = (x: T.Tensor): ReadonlyArray<number> => unsigned(T.read(x).data)

describe("Threefry-2x32 with 20 rounds", () => {
  // Random123's known answers, as in testThreefry2x32 of JAX's tests/random_test.py.
  test.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as const)("key %j over counter %j", ([k0, k1], [c0, c1], out) => {
    expect(unsigned(block(k0, k1, c0, c1))).toEqual(out)
    const [key, counter] = [T.make([k0 | 0, k1 | 0], "i32"), T.make([c0 | 0, c1 | 0], "i32")]
    // The cipher as a primitive: folding a number ciphers the counter (0, number).
    if (c0 === 0) expect(words(Key.fold(key, c1))).toEqual(out)
    expect(words(counter)).toEqual([c0, c1])
  })

  // testRngRandomBits of JAX's tests/random_test.py: seed 1701, 32 bits, the layout before `jax_threefry_partitionable`,
  // which ciphers the counters 0, 1, 2 and a padding 0 as the pairs (0, 2) and (1, 0).
  test("the bits of seed 1701", () => {
    const [a, b] = [block(0, 1701, 0, 2), block(0, 1701, 1, 0)]
    expect(unsigned([a[0], b[0], a[1]])).toEqual([56197195, 4200222568, 961309823])
  })
})

describe("as jax.random with jax_threefry_partitionable, the default since JAX 0.5", () => {
  const key = Key.make(0)

  test("key", () => {
    expect(words(key)).toEqual([0, 0])
    expect(words(Key.make(42))).toEqual([0, 42])
    expect(words(Key.make(2 ** 32 + 7))).toEqual([1, 7])
  })

  test("split", () => {
    expect(Key.split(key, 3).map(words)).toEqual([
      [1797259609, 2579123966],
      [928981903, 3453687069],
      [4146024105, 2718843009],
    ])
  })

  test("bits: both words of a block joined by xor", () => {
    expect(words(Key.bits(key, [3]))).toEqual([4070199207, 4202968722, 1427181096])
  })

  // docs.jax.dev/en/latest/jax.random.html prints the first and, for the second key of a split, 0.00729382.
  test("uniform", () => {
    assertAllClose(Key.uniform(key, [3]), [0.947667, 0.9785799, 0.33229148], { rtol: 5e-8 })
    assertAllClose(Key.uniform(key, []), 0.947667, { rtol: 5e-8 })
    assertAllClose(Key.uniform(Key.split(key)[1] ?? key, []), 0.00729382, { rtol: 5e-7 })
  })

  // As printed by JAX 0.11.1, in f32; Reference computes in doubles from the same bits.
  test("normal", () => {
    assertAllClose(Key.normal(key, [5]), [1.6226422, 2.0252647, -0.43359444, -0.07861735, 0.1760909], { rtol: 5e-7 })
  })
})
