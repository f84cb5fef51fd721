/**
 * Weights from PyTorch: nets with the arrays of a recorded state_dict give PyTorch's outputs; and what does not fit is reported, all
 * of it, with proposals.
 */
import { readFileSync } from "node:fs"
import { Key, Layers, NDArray, Net, Npz, Safetensors, Sequence, StateDict, Tensor, Weights } from "@adjoint/core"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Path, Result } from "effect"
import { describe, expect, test } from "vitest"

const file = "recorded/torch-state-dicts-1.13.safetensors"
const recorded = Result.getOrThrow(Safetensors.decode(readFileSync(new URL(file, import.meta.url)), file))

/** The arrays of a model whose names begin with a part: `state`, `in`. */
const part = (model: string, name: string): ReadonlyMap<string, NDArray.NDArray> =>
  new Map(
    [...recorded].flatMap(([path, array]) =>
      path.startsWith(`${model}/${name}/`) ? [[path.slice(model.length + name.length + 2), array] as const] : [],
    ),
  )
const input = (model: string, name = "x"): NDArray.NDArray => part(model, "in").get(name) as NDArray.NDArray
const output = (model: string): NDArray.NDArray => recorded.get(`${model}/out`) as NDArray.NDArray

/** PyTorch's outputs are in single precision. */
const close = { rtol: 1e-5, atol: 1e-5 }

const loaded = <P, S, X, Y>(
  net: Net.Net<P, S, X, Y>,
  shape: Parameters<typeof net.shape>[0],
  model: string,
  options: StateDict.Options<P, S> = {},
) => Result.getOrThrow(StateDict.load(net, shape, part(model, "state"), options))

const cnn = Net.sequential({
  conv1: Layers.conv2d({ filters: 6, kernel: 3, pad: 1, bias: false }),
  norm1: Layers.batchNorm(),
  relu: Layers.activation("relu"),
  pool: Layers.maxPool({ window: 2 }),
  conv2: Layers.conv2d({ filters: 4, kernel: 3, groups: 2 }),
  norm2: Layers.groupNorm({ groups: 2 }),
  flat: Layers.flatten,
  out: Layers.dense({ units: 5 }),
})
const cnnNames = { conv1: "0", norm1: "1", conv2: "4", norm2: "5", out: { module: "7", flattened: [2, 3, 4] } }

const recurrent = (layer: Sequence.AnyStepwise, more: ReadonlyArray<Sequence.AnyStepwise> = []) =>
  Sequence.stack([
    Sequence.each(Layers.embedding({ tokens: 7, units: 4 })),
    layer,
    ...more,
    Sequence.each(Layers.layerNorm()),
    Sequence.each(Layers.dense({ units: 3 })),
  ])
const recurrentNames = { embedding1: "embed", layer_norm1: "norm", dense1: "head" }

const padded = (x: Tensor.Tensor) => ({ x, length: Tensor.full([x.shape[0] ?? 0], x.shape[1] ?? 0, "i32") })

describe("a net with the weights of a PyTorch model has its outputs", () => {
  test("dense layers, one without a bias, and a learned activation", () => {
    const net = Net.sequential({
      hidden: Layers.dense({ units: 5, activation: "prelu" }),
      out: Layers.dense({ units: 3, bias: false }),
    })
    const weights = loaded(net, [4], "mlp", { names: { hidden: "0", "hidden.activation": "1", out: "2" } })
    assertAllClose(Net.infer(net, weights, input("mlp")), output("mlp"), close)
  })

  test("convolutions, one of groups, batch and group normalization, a flattened image", () => {
    const weights = loaded(cnn, [8, 10, 3], "cnn", { names: cnnNames })
    assertAllClose(Net.infer(cnn, weights, input("cnn")), output("cnn"), close)
  })

  test("vectors that become images, and a transposed convolution of groups", () => {
    const net = Net.sequential({
      from: Layers.dense({ units: 36 }),
      image: Layers.reshape([2, 3, 6]),
      up: Layers.convTranspose2d({ filters: 4, kernel: 3, stride: 2, groups: 2 }),
    })
    const names = { from: { module: "0", reshaped: [2, 3, 6] }, up: "2" }
    assertAllClose(Net.infer(net, loaded(net, [4], "generator", { names }), input("generator")), output("generator"), close)
  })

  test("convolutions of sequences, dilated, and flattened", () => {
    const net = Net.sequential({
      conv: Layers.conv1d({ filters: 4, kernel: 3, dilation: 2 }),
      flat: Layers.flatten,
      out: Layers.dense({ units: 2 }),
    })
    const names = { conv: "0", out: { module: "2", flattened: [5, 4] } }
    assertAllClose(Net.infer(net, loaded(net, [9, 2], "wave", { names }), input("wave")), output("wave"), close)
  })

  const lstm = Sequence.lstm({ units: 5 })
  const nets: ReadonlyArray<readonly [model: string, net: Sequence.Stepwise, names: StateDict.Names]> = [
    ["rnn", recurrent(Sequence.simpleRnn({ units: 5 })), { simple_rnn1: "rnn" }],
    ["lstm", recurrent(lstm, [lstm]), { lstm1: "rnn", lstm2: { module: "rnn", index: 1 } }],
    ["lstm without bias", recurrent(lstm), { lstm1: "rnn" }],
    ["gru", recurrent(Sequence.gru({ units: 5 })), { gru1: "rnn" }],
    ["both", recurrent(Sequence.bidirectional(lstm)), { bidirectional_lstm1: "rnn" }],
    ["both gru", recurrent(Sequence.bidirectional(Sequence.gru({ units: 5 }))), { bidirectional_gru1: "rnn" }],
  ]
  test.each(nets)("%s: an embedding, recurrent layers, layer normalization", (model, net, names) => {
    const weights = loaded(net, { x: [5], length: [] }, model, { names: { ...recurrentNames, ...names } })
    assertAllClose(Net.infer(net, weights, padded(input(model))).x, output(model), close)
  })

  test("attention within a sequence", () => {
    const net = Layers.multiHeadAttention({ heads: 2 })
    assertAllClose(Net.infer(net, loaded(net, [4, 6], "attention"), input("attention")), output("attention"), close)
    const other = Sequence.attention({ heads: 2 })
    const weights = loaded(other, { x: [4, 6], length: [] }, "attention")
    assertAllClose(Net.infer(other, weights, padded(input("attention"))).x, output("attention"), close)
  })

  test("attention to a memory with another number of features", () => {
    const net = Sequence.crossAttention({ heads: 2 })
    const memory = padded(input("cross", "memory"))
    const weights = loaded(net, { x: [4, 6], length: [], memory: { x: [5, 3], length: [] } }, "cross")
    assertAllClose(Net.infer(net, weights, { ...padded(input("cross")), memory }).x, output("cross"), close)
  })

  test("blocks of transformers, with the norm before and after", () => {
    const options = { heads: 2, hidden: 8, dropout: 0 }
    const before = Layers.transformerEncoder(options)
    assertAllClose(Net.infer(before, loaded(before, [4, 6], "encoder"), input("encoder")), output("encoder"), close)
    const block = Sequence.transformer(options)
    const weights = loaded(block, { x: [4, 6], length: [] }, "encoder")
    assertAllClose(Net.infer(block, weights, padded(input("encoder"))).x, output("encoder"), close)
    const after = Layers.transformerEncoder({ ...options, norm: "after", activation: "relu" })
    assertAllClose(Net.infer(after, loaded(after, [4, 6], "after"), input("after")), output("after"), close)
  })

  const block = Sequence.decoder({ heads: 2, hidden: 8 })
  const translator = Sequence.stack([
    Sequence.each(Layers.embedding({ tokens: 7, units: 6 })),
    block,
    block,
    Sequence.each(Layers.layerNorm()),
    Sequence.each(Layers.dense({ units: 7 })),
  ])
  const translatorNames = {
    embedding1: "embed",
    decoder1: "decoder.layers.0",
    decoder2: "decoder.layers.1",
    layer_norm1: "decoder.norm",
    dense1: "head",
  }
  const shape = { x: [5], length: [], memory: { x: [4, 6], length: [], mask: [4] } }

  test("a decoder that attends to a memory whose mask has holes", () => {
    const weights = loaded(translator, shape, "translator", { names: translatorNames })
    const memory = { ...padded(input("translator", "memory")), mask: input("translator", "mask") }
    const y = Net.infer(translator, weights, { ...padded(input("translator")), memory })
    assertAllClose(y.x, output("translator"), close)
  })

  test("tied weights, whose embedding has a name of its own", () => {
    const net = Sequence.tied({ tokens: 7, units: 6 }, Sequence.stack([Sequence.each(Layers.dense({ units: 6 }))]))
    const arrays = StateDict.fromRecord({
      "model.wte.weight": Key.normal(Key.make(1), [7, 6]),
      "model.fc.weight": Key.normal(Key.make(2), [6, 6]),
      "model.fc.bias": Key.normal(Key.make(3), [6]),
    })
    const options = { names: { embedding: "model.wte", "body.dense1": "model.fc" } }
    const { params } = Result.getOrThrow(StateDict.load(net, { x: [3], length: [] }, arrays, options))
    expect(Tensor.toArray(params.w)).toEqual(Tensor.toArray(arrays.get("model.wte.weight") as NDArray.NDArray))
    const { dense1 } = params.body as { readonly dense1: Layers.DenseParams }
    expect(Tensor.toArray(dense1.w)).toEqual(Tensor.toArray(Tensor.transpose(arrays.get("model.fc.weight") as Tensor.Tensor)))
  })
})

describe("what does not fit is reported", () => {
  const net = Net.sequential({ hidden: Layers.dense({ units: 2, activation: "relu" }), out: Layers.dense({ units: 1 }) })
  const arrays = {
    "0.weight": Tensor.ones([2, 3]),
    "0.bias": Tensor.ones([2]),
    "2.weight": Tensor.ones([1, 2]),
    "2.bias": Tensor.ones([1]),
  }
  const problems = (given: { readonly [name: string]: Tensor.Tensor }, options: object = {}) => {
    const result = StateDict.load(net, [3], StateDict.fromRecord(given), options)
    if (Result.isSuccess(result)) throw new Error("it was loaded")
    return result.failure
  }
  const names = { hidden: "0", out: "2" }

  test("all of it, with proposals by shape", () => {
    const error = problems(arrays, { file: "mlp.safetensors" })
    expect(error.problems.map(({ _tag, name }) => `${_tag} ${name}`)).toEqual([
      "Missing hidden.weight",
      "Missing hidden.bias",
      "Missing out.weight",
      "Missing out.bias",
      "Unexpected 0.weight",
      "Unexpected 0.bias",
      "Unexpected 2.weight",
      "Unexpected 2.bias",
    ])
    expect(error.message.split("\n").slice(0, 2)).toEqual([
      "mlp.safetensors does not fit the net",
      '  "hidden.weight": got no array of this name, wanted f32[2, 3] for hidden.w f32[3, 2]; try: "0.weight", which has this shape: names: { "hidden": "0" }, or keep: ["hidden"] for initial weights',
    ])
  })

  test("shapes and types, biases that a layer does not have, names that no layer has", () => {
    expect(problems({ ...arrays, "0.weight": Tensor.ones([3, 2]) }, { names }).problems).toMatchObject([
      { _tag: "WrongShape", name: "0.weight", got: "f32[3, 2]", wanted: "f32[2, 3] for hidden.w f32[3, 2]" },
    ])
    expect(problems({ ...arrays, "2.bias": Tensor.ones([1], "i32") }, { names }).problems).toMatchObject([
      { _tag: "WrongType", name: "2.bias", got: "i32[1]" },
    ])
    expect(problems({ ...arrays, "2.scale": Tensor.ones([1]) }, { names }).problems).toMatchObject([
      { _tag: "Unexpected", name: "2.scale", hint: 'ignore: ["2.scale"]' },
    ])
    expect(problems(arrays, { names: { ...names, hiden: "0" } }).problems).toMatchObject([
      { _tag: "UnknownLayer", name: "hiden", hint: '"hidden"' },
    ])
    const bare = Net.sequential({ out: Layers.dense({ units: 1, bias: false }) })
    const result = StateDict.load(
      bare,
      [2],
      StateDict.fromRecord({ "out.weight": Tensor.ones([1, 2]), "out.bias": Tensor.ones([1]) }),
    )
    expect(Result.isFailure(result) && result.failure.problems).toMatchObject([
      { _tag: "Unexpected", name: "out.bias", hint: "bias: true for that layer" },
    ])
  })

  test("an image whose order of elements nothing says, so that no weights are silently wrong", () => {
    const result = StateDict.load(cnn, [8, 10, 3], part("cnn", "state"), { names: { ...cnnNames, out: "7" } })
    expect(Result.isFailure(result) && result.failure.problems).toMatchObject([
      {
        _tag: "UnclearOrder",
        name: "flat",
        got: "images [2, 3, 4] with the channels last",
        hint: 'names: { "out": { module: "7", flattened: [2, 3, 4] } }',
      },
    ])
  })

  test("a GRU of the form that PyTorch does not have", () => {
    const gru = Sequence.gru({ units: 5, reset: "before" })
    const weights = new Map([...part("gru", "state")].filter(([name]) => name.startsWith("rnn.")))
    const result = StateDict.load(gru, { x: [5, 4], length: [] }, weights, { names: { "": "rnn" }, ignore: ["rnn"] })
    expect(Result.isFailure(result) && result.failure.problems).toMatchObject([{ _tag: "NotConvertible" }])
  })

  test("an array that several arrays of a layer are computed from, once", () => {
    const net = Layers.multiHeadAttention({ heads: 2 })
    const weights = new Map([...part("attention", "state")].filter(([name]) => name !== "in_proj_weight"))
    const result = StateDict.load(net, [4, 6], weights)
    expect(Result.isFailure(result) && result.failure.problems.map(({ _tag, name }) => `${_tag} ${name}`)).toEqual([
      "Missing in_proj_weight",
    ])
  })

  test("images that are not of the size of their layer, or not of a dense layer", () => {
    const found = (names: StateDict.Names) => {
      const result = StateDict.load(cnn, [8, 10, 3], part("cnn", "state"), { names: { ...cnnNames, ...names } })
      return Result.isFailure(result) ? result.failure.problems.filter(({ _tag }) => _tag === "WrongShape") : []
    }
    expect(found({ out: { module: "7", flattened: [2, 4, 4] } })).toMatchObject([
      { name: "out", got: "flattened: [2, 4, 4]", wanted: "the shape of an image of the 24 inputs of the layer" },
    ])
    expect(found({ conv1: { module: "0", reshaped: [2, 2, 2] } })).toMatchObject([{ name: "conv1", wanted: "a dense layer" }])
  })

  test("names that are like those of prototypes", () => {
    const error = problems({ ...arrays, "__proto__.weight": Tensor.ones([1]) }, { names: { ...names, constructor: "x" } })
    expect(error.problems.map(({ _tag }) => _tag)).toEqual(["UnknownLayer", "Unexpected"])
  })

  test("at most 20 problems are listed", () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`extra.${i}`, Tensor.ones([1])]))
    const { message } = problems({ ...arrays, ...many }, { names })
    expect(message.split("\n")).toHaveLength(22)
    expect(message.split("\n").at(-1)).toBe("  and 10 more")
  })
})

describe("options", () => {
  const net = Net.sequential({ body: Net.sequential({ fc: Layers.dense({ units: 2 }) }), head: Layers.dense({ units: 4 }) })
  const arrays = StateDict.fromRecord({
    "module.backbone.fc.weight": Tensor.make([
      [1, 2, 3],
      [4, 5, 6],
    ]),
    "module.backbone.fc.bias": Tensor.make([7, 8]),
    "module.classifier.weight": Tensor.ones([10, 2]),
    "module.steps": Tensor.make([3], "i32"),
  })

  test("a name holds for the layers inside; kept layers have initial weights; modules are ignored", () => {
    const start = net.init(Key.make(5), [3])
    const { params } = Result.getOrThrow(
      StateDict.load(net, [3], arrays, {
        names: { body: "module.backbone" },
        keep: ["head"],
        start,
        ignore: ["module.classifier", "module.steps"],
      }),
    )
    expect(Tensor.toArray(params.body.fc.w)).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ])
    expect(params.head).toEqual(start.params.head)
  })

  test("a layer of one's own has arrays of the same names, or a rule of its own", () => {
    const scale = Net.stateless({
      kind: "scale",
      shape: (input) => input,
      init: (_, [n = 1]) => ({ factor: Tensor.ones([n]) }),
      apply: ({ factor }, x) => Tensor.mul(x, factor),
    })
    const own = Net.sequential({ scale })
    const same = StateDict.load(own, [2], StateDict.fromRecord({ "scale.factor": Tensor.make([2, 3]) }))
    expect(Tensor.toArray(Result.getOrThrow(same).params.scale.factor)).toEqual([2, 3])
    const rule: StateDict.Rule = ({ shapes }) => ({
      factor: { from: { log_scale: shapes.factor ?? [] }, to: (x) => Tensor.exp(x as Tensor.Tensor) },
    })
    const empty = StateDict.load(own, [2], new Map(), { rules: { scale: () => ({}) } })
    expect(Result.isFailure(empty) && empty.failure.problems).toMatchObject([{ _tag: "NotConvertible", name: "scale.factor" }])
    const ruled = StateDict.load(own, [2], StateDict.fromRecord({ "scale.log_scale": Tensor.zeros([2]) }), {
      rules: { scale: rule },
    })
    expect(Tensor.toArray(Result.getOrThrow(ruled).params.scale.factor)).toEqual([1, 1])
  })

  test("doubles become floats", () => {
    const one = Net.sequential({ out: Layers.dense({ units: 1, bias: false }) })
    const weight = NDArray.make("f32", [1, 1], Float64Array.of(0.1))
    const { params } = Result.getOrThrow(StateDict.load(one, [1], new Map([["out.weight", weight]])))
    expect((params.out.w as NDArray.NDArray).data).toBeInstanceOf(Float32Array)
  })
})

test("100,000 arrays that no layer reads are reported in moments, in a message of some lines", { timeout: 20_000 }, () => {
  const one = Net.sequential({ out: Layers.dense({ units: 1 }) })
  const none = NDArray.make("f32", [0], new Float32Array())
  const long = NDArray.make("f32", Array.from({ length: 50_000 }, () => 1), Float32Array.of(0))
  const arrays = new Map([...Array.from({ length: 100_000 }, (_, i) => [`n${i}`, none] as const), ["out.bias", long]])
  const { failure } = StateDict.load(one, [1], arrays) as Result.Failure<unknown, StateDict.StateDictError>
  expect(failure.problems).toHaveLength(100_002)
  expect(failure.message.length).toBeLessThan(20_000)
})

test("names and bytes of a file reach messages with escapes, also those that JSON leaves", async () => {
  const one = Net.sequential({ out: Layers.dense({ units: 1 }) })
  const [control, hidden] = ["\u009b31m\u007f", "\u202e\u200b"]
  const bytes = Safetensors.encode(
    new Map([
      ["params.out.w", NDArray.make("f32", [1, 1], Float32Array.of(1))],
      ["params.out.b", NDArray.make("f32", [1], Float32Array.of(1))],
      [`\u001b[2J${control}${hidden}`, NDArray.make("f32", [1], Float32Array.of(1))],
    ]),
  )
  const saved = Result.getOrThrow(Safetensors.decode(bytes, "w"))
  const unexpected = StateDict.load(one, [1], saved) as Result.Failure<unknown, StateDict.StateDictError>
  const extra = await Effect.runPromise(Effect.flip(Weights.decode(bytes, one, [1])))
  const npy = Npz.encode(new Map([["a", NDArray.make("f32", [1], Float32Array.of(1))]]))
  const data = Result.getOrThrow(Result.flip(Npz.open(Uint8Array.of(0x9b, 0x7f))))
  const broken = Result.getOrThrow(Result.flip(StateDict.decode(npy.with(npy.length - 1, 1).slice(0, -1), `m${control}`)))
  for (const { message } of [unexpected.failure, extra, data, broken]) expect(message).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
  expect(extra.message).toContain("got \\u001b[2J\\u009b31m\\u007f\\u202e\\u200b, wanted")
  expect(data.message).toContain('"\\u009b\\u007f"')
})

describe("files", () => {
  const run = <A, E>(effect: Effect.Effect<A, E, FileSystem.FileSystem | Path.Path>) =>
    Effect.runPromise(effect.pipe(Effect.provide(NodeServices.layer)))
  const written = (name: string, bytes: Uint8Array) =>
    Effect.scoped(
      Effect.gen(function* () {
        const [fs, path] = [yield* FileSystem.FileSystem, yield* Path.Path]
        const at = path.join(yield* fs.makeTempDirectoryScoped(), name)
        yield* fs.writeFile(at, bytes)
        return yield* Effect.match(StateDict.read(at), {
          onFailure: ({ got, hint }) => ({ got, hint }),
          onSuccess: (arrays) => [...arrays.keys()],
        })
      }),
    )
  const arrays = new Map([["0.weight", NDArray.make("f32", [1, 1], Float32Array.of(2))]])

  test("safetensors and npz are read, by their content", async () => {
    expect(await run(written("a.bin", Safetensors.encode(arrays)))).toEqual(["0.weight"])
    expect(await run(written("a.bin", Npz.encode(arrays)))).toEqual(["0.weight"])
  })

  test("what torch.save writes is refused, since it holds code; so is a missing file", async () => {
    const { zipSync } = await import("fflate")
    const pickled = zipSync({ "archive/data.pkl": Uint8Array.of(0x80, 2) })
    expect(await run(written("model.pt", pickled))).toEqual({
      got: "an archive without arrays, such as torch.save writes (pickled code)",
      hint: "safetensors.torch.save_file(model.state_dict(), file)",
    })
    await expect(run(StateDict.read("/nowhere/model.safetensors"))).rejects.toThrow("a file of arrays")
  })
})
