/** The effect of augmentation on images, compared with plain loops. */
import { Key, Layers, type Net, type Params, Tensor } from "@adjoint/core"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { describe, expect, test } from "vitest"

type Layer = Net.Net<Params.None, Params.None>
type T = Tensor.Tensor
/** Rows of pixels, each with its channels. */
type Image = ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>

const key = Key.make(17)
const [n, height, width, channels] = [24, 5, 6, 2] as const
const images = Tensor.read(Key.normal(Key.make(2), [n, height, width, channels]))

const altered = (layer: Layer, x: T, from = key): ReadonlyArray<Image> => {
  const { y } = layer.apply({}, {}, x, { mode: "train", key: from })
  return Tensor.toArray(y) as ReadonlyArray<Image>
}

const originals = Tensor.toArray(images) as ReadonlyArray<Image>

const at = (image: Image, row: number, column: number, channel: number): number => image[row]?.[column]?.[channel] ?? 0

/** An image of the usual size, pixel by pixel. */
const made = (pixel: (row: number, column: number, channel: number) => number): Image =>
  Array.from({ length: height }, (_, i) =>
    Array.from({ length: width }, (_, j) => Array.from({ length: channels }, (_, c) => pixel(i, j, c))),
  )

const isSame = (a: Image, b: Image): boolean => JSON.stringify(a) === JSON.stringify(b)

const layers: { readonly [name: string]: Layer } = {
  random_flip: Layers.randomFlip({ axes: "both" }),
  random_shift: Layers.randomShift(2),
  random_rotate: Layers.randomRotate(30),
  random_zoom: Layers.randomZoom(0.4),
  random_erase: Layers.randomErase(3),
}

describe.each(Object.entries(layers))("%s", (_, layer) => {
  test("leaves images as they are when inferring", () => {
    expect(layer.apply({}, {}, images, { mode: "infer" }).y).toBe(images)
  })

  test("alters alike images each in its own way, by another key in another", () => {
    const alike = Tensor.broadcastTo(Tensor.at(images, "0:1"), images.shape)
    const once = altered(layer, alike)
    expect(new Set(once.map((image) => JSON.stringify(image))).size).toBeGreaterThan(3)
    expect(altered(layer, alike, Key.make(18))).not.toEqual(once)
    expect(altered(layer, alike)).toEqual(once)
  })

  test("does nothing to one image that another would feel", () => {
    const others = Tensor.concat([Tensor.zeros([1, height, width, channels]), Tensor.at(images, "1:")])
    expect(altered(layer, others).slice(1)).toEqual(altered(layer, images).slice(1))
  })

  test("refuses inputs that are not images", () => {
    expect(() => layer.shape([28, 28])).toThrow(/height, width, channels/)
    expect(() => layer.apply({}, {}, Tensor.zeros([2, 28, 28]), { mode: "train", key })).toThrow(/height, width, channels/)
  })
})

describe("random_flip", () => {
  const across = Layers.randomFlip({ probability: 1 })

  test("with certainty mirrors left to right, and twice is the identity", () => {
    expect(altered(across, images)).toEqual(originals.map((image) => made((i, j, c) => at(image, i, width - 1 - j, c))))
    expect(altered(across, Tensor.make(altered(across, images)))).toEqual(originals)
  })

  test("mirrors top to bottom where asked, and never with probability 0", () => {
    expect(altered(Layers.randomFlip({ axes: "vertical", probability: 1 }), images)).toEqual(
      originals.map((image) => made((i, j, c) => at(image, height - 1 - i, j, c))),
    )
    expect(altered(Layers.randomFlip({ axes: "both", probability: 0 }), images)).toEqual(originals)
  })

  test("mirrors a share of the images", () => {
    const many = Tensor.broadcastTo(Tensor.at(images, "0:1"), [2000, height, width, channels])
    const first = originals[0] as Image
    const share = altered(Layers.randomFlip({ probability: 0.3 }), many).filter((image) => !isSame(image, first)).length / 2000
    // Three standard deviations of 2,000 draws.
    expect(Math.abs(share - 0.3)).toBeLessThan(0.031)
  })
})

describe("random_shift", () => {
  const shifted = (image: Image, down: number, across: number): Image => made((i, j, c) => at(image, i - down, j - across, c))

  test("is a shift by whole pixels, each as far as asked at most and all of them met", () => {
    const found = altered(Layers.randomShift(1), images).map((image, sample) => {
      for (const down of [-1, 0, 1])
        for (const across of [-1, 0, 1])
          if (isSame(image, shifted(originals[sample] as Image, down, across))) return `${down},${across}`
      return "none"
    })
    expect(found).not.toContain("none")
    for (const part of [0, 1]) expect(new Set(found.map((place) => place.split(",")[part])).size).toBe(3)
  })

  test("by 0 is the identity", () => {
    expect(altered(Layers.randomShift(0), images)).toEqual(originals)
  })

  test("keeps the sum of what stays within the image", () => {
    const inner = Tensor.pad(Tensor.ones([n, 2, 2, 1]), [
      [0, 0],
      [3, 3],
      [3, 3],
      [0, 0],
    ])
    for (const image of altered(Layers.randomShift(3), inner)) expect(image.flat(2).reduce((sum, x) => sum + x, 0)).toBe(4)
  })
})

/** Bilinear interpolation at a place between pixels, 0 outside. */
const interpolated = (image: Image, row: number, column: number, channel: number): number => {
  let sum = 0
  for (const i of [Math.floor(row), Math.floor(row) + 1])
    for (const j of [Math.floor(column), Math.floor(column) + 1])
      sum += (1 - Math.abs(row - i)) * (1 - Math.abs(column - j)) * at(image, i, j, channel)
  return sum
}

const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2]

/** For each image where in it a pixel right of the middle comes from: rows and columns, as a ramp of each tells them. */
const measured = (layer: Layer): ReadonlyArray<{ readonly down: number; readonly across: number }> => {
  const ramps = Array.from({ length: n }, () => made((i, j, c) => (c === 0 ? i - middleRow : j - middleColumn)))
  return altered(layer, Tensor.make(ramps)).map((image) => ({
    // Interpolation is exact on ramps; the two pixels beside the middle tell the slope.
    down: at(image, 2, 3, 0) - at(image, 2, 2, 0),
    across: at(image, 2, 3, 1) - at(image, 2, 2, 1),
  }))
}

/** The images as loops make them, whose place (y, x) from the middle shows what was at (y, x) times a matrix. */
const warped = (matrices: ReadonlyArray<readonly [yy: number, yx: number, xy: number, xx: number]>): ReadonlyArray<Image> =>
  originals.map((image, sample) => {
    const [yy, yx, xy, xx] = matrices[sample] as (typeof matrices)[number]
    return made((i, j, c) => {
      const [y, x] = [i - middleRow, j - middleColumn]
      return interpolated(image, yy * y + yx * x + middleRow, xy * y + xx * x + middleColumn, c)
    })
  })

const close = (got: ReadonlyArray<Image>, wanted: ReadonlyArray<Image>): void =>
  assertAllClose(Tensor.make(got), Tensor.make(wanted), { rtol: 1e-4, atol: 1e-5 })

describe("random_rotate", () => {
  test("turns each image by an angle within the limit", () => {
    const layer = Layers.randomRotate(30)
    const turns = measured(layer)
    for (const { across, down } of turns) expect(Math.hypot(across, down)).toBeCloseTo(1, 5)
    const angles = turns.map(({ across, down }) => (Math.atan2(down, across) * 180) / Math.PI)
    expect(Math.max(...angles.map(Math.abs))).toBeLessThanOrEqual(30)
    expect(Math.min(...angles)).toBeLessThan(-10)
    expect(Math.max(...angles)).toBeGreaterThan(10)
    close(altered(layer, images), warped(turns.map(({ across, down }) => [across, down, -down, across])))
  })

  test("by 0 is the identity", () => {
    close(altered(Layers.randomRotate(0), images), originals)
  })
})

describe("random_zoom", () => {
  test("makes each image larger or smaller by at most the given share", () => {
    const layer = Layers.randomZoom(0.4)
    const steps = measured(layer)
    const sizes = steps.map(({ across }) => 1 / across)
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(0.6)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1.4)
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeGreaterThan(0.4)
    close(altered(layer, images), warped(steps.map(({ across }) => [across, 0, 0, across])))
  })
})

describe("random_erase", () => {
  test("covers a square about a pixel of the image, cut off at the edge, and nothing else", () => {
    const size = 3
    for (const [sample, image] of altered(Layers.randomErase(size), images).entries()) {
      const candidates = Array.from({ length: height * width }, (_, place) => {
        const [top, left] = [Math.floor(place / width) - 1, (place % width) - 1]
        const covers = (i: number, j: number) => i >= top && i < top + size && j >= left && j < left + size
        return made((i, j, c) => (covers(i, j) ? 0 : at(originals[sample] as Image, i, j, c)))
      })
      expect(candidates.filter((candidate) => isSame(candidate, image))).toHaveLength(1)
    }
  })

  test("of size 0 is the identity", () => {
    expect(altered(Layers.randomErase(0), images)).toEqual(originals)
  })
})
