/** The names of other libraries stand on the entries that they mean, and nowhere else. */
import * as Column from "@adjoint/core/data/Column"
import type { AnyKind as AnyColumn } from "@adjoint/core/data/columns/Kind"
import { imageFields } from "@adjoint/core/data/imageFields"
import { letters } from "@adjoint/core/data/Nearest"
import { tablePcaFields } from "@adjoint/core/data/Pca"
import * as Source from "@adjoint/core/data/Source"
import type { AnyKind as AnySource } from "@adjoint/core/data/sources/Kind"
import type { Table } from "@adjoint/core/learning/Entry"
import { describe, expect, test } from "vitest"
import { called, type Synonyms } from "../src/diagnostic/Suggest.ts"
import { standard } from "../src/schema/Catalogue.ts"
import { choices } from "../src/schema/FromEntry.ts"
import { searchFields } from "../src/schema/SearchSection.ts"
import * as SearchWords from "../src/schema/SearchWords.ts"
import * as Of from "../src/schema/Synonyms.ts"
import { trainFields } from "../src/schema/TrainSection.ts"
import * as Vocabulary from "../src/schema/Vocabulary.ts"

/** Every synonym leads to its name alone, and is no name itself. */
const faults = (names: ReadonlyArray<string>, synonyms: Synonyms): ReadonlyArray<string> => {
  const own = new Set(names.map(letters))
  const seen = new Set<string>()
  return Object.entries(synonyms).flatMap(([name, others]) =>
    others.flatMap((other) => {
      const bare = letters(other)
      const wrong = [
        ...(names.includes(name) ? [] : [`${other} leads to ${name}, which does not exist`]),
        ...(own.has(bare) ? [`${other} is a name itself`] : []),
        ...(seen.has(bare) ? [`${other} stands twice`] : []),
        ...(called(other, names, synonyms)[0] === name ? [] : [`${other} does not lead to ${name}`]),
      ]
      seen.add(bare)
      return wrong
    }),
  )
}

const tables = Object.entries<Table<unknown>>({ ...standard })

describe.each(tables)("the synonyms of the %s table", (_, table) => {
  test("are no entry's own name, and lead to one entry", () => {
    expect(faults(Object.keys(table), Of.ofTable(table))).toEqual([])
  })

  test("of options are no option's own name, and lead to one option", () => {
    expect(
      Object.entries(table).flatMap(([name, entry]) =>
        faults(Object.keys(entry.options), Of.ofOptions(entry)).map((fault) => `${name}: ${fault}`),
      ),
    ).toEqual([])
  })
})

test("the synonyms of the keys of sections lead to keys", () => {
  const sections: ReadonlyArray<readonly [Synonyms, ReadonlyArray<string>]> = [
    [Vocabulary.file.synonyms, ["schema", "name", "data", "model", "pretrain", "train", "evaluate", "search", "lint"]],
    [Vocabulary.data.synonyms, ["source", "columns", "arrays", "image", "scale", "pca", "target", "series", "split", "test"]],
    [Vocabulary.series.synonyms, ["window", "horizon", "step", "time", "group", "gaps", "overlap"]],
    [
      Vocabulary.split.synonyms,
      ["train", "val", "test", "unlabelled", "stratify", "group", "by", "column", "folds", "repeats", "fold", "repeat", "seed"],
    ],
    [SearchWords.search.synonyms, Object.keys(searchFields(standard, choices(standard)))],
    [Vocabulary.model.synonyms, ["input", "inputs", "init", "layers"]],
    [{ ...Vocabulary.train.synonyms, ...Of.ofTable(standard.around) }, Object.keys(trainFields(standard, choices(standard)))],
    [Of.of(Column.kinds), Object.keys(Column.kinds)],
    ...[
      ...Object.values<AnyColumn>(Column.kinds),
      ...Object.values<AnySource>(Source.kinds),
      { fields: imageFields },
      { fields: tablePcaFields },
    ].map(({ fields }) => [Of.of(fields), Object.keys(fields)] as const),
  ]
  for (const [synonyms, names] of sections) expect(faults(names, synonyms)).toEqual([])
})

/** What users of the libraries type, table by table, and what it is here. */
const vocabularies = {
  layer: {
    keras: ["Dense=dense", "Conv2D=conv2d", "MaxPooling2D=max_pool", "GlobalAveragePooling2D=global_avg_pool", "Flatten=flatten"],
    kerasToo: ["BatchNormalization=batch_norm", "SpatialDropout2D=spatial_dropout", "SimpleRNN=simple_rnn", "LSTM=lstm"],
    torch: [
      "nn.Linear=dense",
      "nn.Conv1d=conv1d",
      "nn.MaxPool2d=max_pool",
      "nn.BatchNorm2d=batch_norm",
      "nn.Dropout2d=spatial_dropout",
    ],
    torchToo: [
      "nn.ConvTranspose2d=conv_transpose2d",
      "nn.LayerNorm=layer_norm",
      "nn.GRU=gru",
      "nn.MultiheadAttention=multi_head_attention",
    ],
    torchLast: [
      "nn.AdaptiveAvgPool2d=global_avg_pool",
      "nn.TransformerEncoderLayer=transformer_encoder",
      "RandomHorizontalFlip=random_flip",
    ],
  },
  activation: {
    all: ["ReLU=relu", "nn.LeakyReLU=leaky_relu", "Hardtanh=hard_tanh", "SiLU=silu", "logistic=sigmoid", "Softplus=softplus"],
  },
  initializer: {
    all: [
      "xavier=xavier_uniform",
      "glorot=xavier_uniform",
      "GlorotNormal=glorot_normal",
      "kaiming_uniform_=kaiming_uniform",
      "RandomNormal=normal",
    ],
  },
  loss: {
    keras: [
      "sparse_categorical_crossentropy=categorical_cross_entropy",
      "binary_crossentropy=binary_cross_entropy",
      "mean_squared_error=mse",
    ],
    torch: [
      "nn.CrossEntropyLoss=categorical_cross_entropy",
      "nn.BCEWithLogitsLoss=binary_cross_entropy",
      "nn.MSELoss=mse",
      "nn.L1Loss=mae",
    ],
    torchToo: ["nn.SmoothL1Loss=huber", "nn.KLDivLoss=kl_divergence", "nn.PoissonNLLLoss=poisson"],
  },
  optimizer: { all: ["torch.optim.Adam=adam", "AdamW=adamw", "SGD=sgd", "RMSprop=rmsprop", "Adadelta=adadelta", "NAdam=nadam"] },
  schedule: {
    torch: [
      "StepLR=step",
      "ExponentialLR=exponential",
      "CosineAnnealingLR=cosine",
      "CosineAnnealingWarmRestarts=cosine_restarts",
    ],
    more: [
      "OneCycleLR=one_cycle",
      "cosine_annealing=cosine",
      "CosineDecay=cosine",
      "PolynomialDecay=polynomial",
      "InverseTimeDecay=inverse_time",
    ],
  },
  metric: {
    sklearn: ["accuracy_score=accuracy", "f1_score=f1", "roc_auc_score=auroc", "average_precision_score=auprc", "r2_score=r2"],
    keras: ["acc=accuracy", "TopKCategoricalAccuracy=top_k", "RootMeanSquaredError=rmse", "AUC=auroc"],
  },
  callback: {
    keras: [
      "EarlyStopping=early_stop",
      "ModelCheckpoint=checkpoint",
      "ReduceLROnPlateau=reduce_on_plateau",
      "TerminateOnNaN=nan_guard",
    ],
  },
  regularizer: {
    all: ["global_clipnorm=clip_norm", "gradient_clip_val=clip_norm", "kernel_constraint=max_norm", "class_weights=class_weight"],
  },
  around: { all: ["ema=average", "accumulate_grad_batches=accumulate", "frozen=freeze"] },
  toy: { sklearn: ["make_moons=moons", "make_circles=circles", "make_blobs=blobs", "make_regression=linear"] },
} as const

describe.each(Object.entries(vocabularies))("the %ss of other libraries", (table, words) => {
  const entries = standard[table as keyof typeof vocabularies]

  test.each(Object.values(words).flat())("%s", (pair) => {
    const [word = "", name] = pair.split("=")
    expect(called(word, Object.keys(entries), Of.ofTable(entries))[0]).toBe(name)
  })
})

test("the options of other libraries are those of the entries that they belong to", () => {
  const options = [
    [standard.layer.dense, "hidden_size=units", "out_features=units", "kernel_initializer=init", "use_bias=bias"],
    [
      standard.layer.conv2d,
      "out_channels=filters",
      "kernel_size=kernel",
      "strides=stride",
      "padding=pad",
      "dilation_rate=dilation",
    ],
    [standard.layer.max_pool, "pool_size=window", "kernel_size=window", "strides=stride"],
    [standard.layer.embedding, "num_embeddings=tokens", "input_dim=tokens", "output_dim=units", "embedding_dim=units"],
    [standard.layer.dropout, "p=rate", "dropout_rate=rate"],
    [standard.layer.batch_norm, "epsilon=eps"],
    [standard.layer.lstm, "hidden_size=units", "go_backwards=reverse", "recurrent_initializer=recurrent_init"],
    [standard.layer.transformer_encoder, "nhead=heads", "dim_feedforward=hidden"],
    [standard.activation.leaky_relu, "negative_slope=alpha"],
    [standard.optimizer.adam, "learning_rate=lr", "beta_1=beta1", "epsilon=eps"],
    [standard.optimizer.rmsprop, "alpha=decay", "rho=decay"],
    [standard.schedule.step, "step_size=every", "gamma=factor"],
    [standard.schedule.cosine, "T_max=epochs", "eta_min=min_lr"],
    [standard.schedule.cosine_restarts, "T_0=epochs", "T_mult=growth"],
    [standard.schedule.one_cycle, "pct_start=rise", "div_factor=divide", "final_div_factor=final_divide"],
    [standard.callback.early_stop, "n_iter_no_change=patience", "tol=min_delta", "restore_best_weights=restore_best"],
    [standard.callback.checkpoint, "save_freq=every", "watch=monitor", "direction=mode"],
    [standard.callback.reduce_on_plateau, "gamma=factor", "wait=patience"],
    [standard.toy.moons, "n_samples=count"],
  ] as const
  for (const [entry, ...pairs] of options)
    for (const pair of pairs) {
      const [word = "", name] = pair.split("=")
      expect([word, called(word, Object.keys(entry.options), Of.ofOptions(entry))[0]]).toEqual([word, name])
    }
})
