/** The public datasets that `data fetch` knows: where their files are, and what is in them. */

/** A file of a dataset. */
export interface DatasetFile {
  readonly name: string
  /** Where it can be downloaded; the addresses are tried in order. */
  readonly addresses: ReadonlyArray<string>
  /** The number of bytes, unpacked if its name ends with `.gz`: servers pack the same bytes differently. */
  readonly bytes: number
  /** The SHA-256 of these bytes. */
  readonly sha256: string
}

/** A dataset. */
export interface Dataset {
  /** A description of one sentence. */
  readonly doc: string
  /** Who made it. */
  readonly source: string
  readonly files: ReadonlyArray<DatasetFile>
  /** The lines of a model file's `data:` that read it, given the path of each file. */
  readonly section: (path: (file: string) => string) => ReadonlyArray<string>
}

const images = (count: number): number => 16 + 784 * count
const labels = (count: number): number => 8 + count

/** The four files of a dataset in the format of MNIST: [bytes, SHA-256] of each, unpacked. */
const idx = (
  addresses: ReadonlyArray<string>,
  hashes: {
    readonly trainImages: string
    readonly trainLabels: string
    readonly testImages: string
    readonly testLabels: string
  },
): Pick<Dataset, "files" | "section"> => {
  const file = (name: string, bytes: number, sha256: string): DatasetFile => ({
    name,
    addresses: addresses.map((address) => `${address}/${name}`),
    bytes,
    sha256,
  })
  const [trainImages, trainLabels] = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"]
  const [testImages, testLabels] = ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]
  return {
    files: [
      file(trainImages, images(60_000), hashes.trainImages),
      file(trainLabels, labels(60_000), hashes.trainLabels),
      file(testImages, images(10_000), hashes.testImages),
      file(testLabels, labels(10_000), hashes.testLabels),
    ],
    section: (path) => [
      `source: { idx: { images: ${path(trainImages)}, labels: ${path(trainLabels)} } }`,
      `test: { idx: { images: ${path(testImages)}, labels: ${path(testLabels)} } }`,
      "image: { size: [28, 28], scale: { max: 255 } }",
    ],
  }
}

const scikitLearn = (name: string): string =>
  `https://raw.githubusercontent.com/scikit-learn/scikit-learn/1.5.2/sklearn/datasets/data/${name}`

const optdigits = (name: string): string => `https://archive.ics.uci.edu/ml/machine-learning-databases/optdigits/${name}`

const wineNames = [
  "alcohol",
  "malic_acid",
  "ash",
  "alcalinity_of_ash",
  "magnesium",
  "total_phenols",
  "flavanoids",
  "nonflavanoid_phenols",
  "proanthocyanins",
  "color_intensity",
  "hue",
  "od280_od315",
  "proline",
  "grower",
]

/** The datasets, by name. */
export const datasets: { readonly [name: string]: Dataset } = {
  mnist: {
    doc: "60,000 and 10,000 grey images of handwritten digits, 28×28.",
    source: "LeCun, Cortes and Burges, The MNIST database of handwritten digits, 1998",
    ...idx(["https://storage.googleapis.com/cvdf-datasets/mnist", "https://ossci-datasets.s3.amazonaws.com/mnist"], {
      trainImages: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
      trainLabels: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
      testImages: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      testLabels: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    }),
  },
  "fashion-mnist": {
    doc: "60,000 and 10,000 grey images of ten kinds of clothes, 28×28.",
    source: "Xiao, Rasul and Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms, 2017",
    ...idx(
      [
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
      ],
      {
        trainImages: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        trainLabels: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        testImages: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        testLabels: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
      },
    ),
  },
  digits: {
    doc: "3,823 and 1,797 handwritten digits as 8×8 counts from 0 to 16, without a header.",
    source: "Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI machine learning repository, 1998",
    files: [
      {
        name: "optdigits.tra",
        addresses: [optdigits("optdigits.tra")],
        bytes: 563_639,
        sha256: "e1b683cc211604fe8fd8c4417e6a69f31380e0c61d4af22e93cc21e9257ffedd",
      },
      {
        name: "optdigits.tes",
        addresses: [optdigits("optdigits.tes")],
        bytes: 264_712,
        sha256: "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8",
      },
    ],
    section: (path) => [
      `source: { csv: { path: ${path("optdigits.tra")}, header: false } }`,
      `test: { csv: { path: ${path("optdigits.tes")}, header: false } }`,
      'columns: { c65: class, "*": { type: number, scale: { minmax: [0, 1] } } }',
    ],
  },
  iris: {
    doc: "150 flowers of three kinds, measured four times; the first line has counts in place of names.",
    source: "Fisher, The use of multiple measurements in taxonomic problems, 1936 (scikit-learn's file)",
    files: [
      {
        name: "iris.csv",
        addresses: [scikitLearn("iris.csv")],
        bytes: 2734,
        sha256: "f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449",
      },
    ],
    section: (path) => [
      `source: { csv: { path: ${path("iris.csv")}, skip: 1, names: [sepal_length, sepal_width, petal_length, petal_width, kind] } }`,
      'columns: { kind: { type: class, names: ["0", "1", "2"] }, "*": { type: number, scale: standard } }',
      "# kinds 0, 1 and 2: setosa, versicolor, virginica",
    ],
  },
  wine: {
    doc: "178 Italian wines of three growers by 13 chemical measurements; the first line has counts in place of names.",
    source: "Forina et al., PARVUS, 1988 (scikit-learn's file)",
    files: [
      {
        name: "wine_data.csv",
        addresses: [scikitLearn("wine_data.csv")],
        bytes: 11_157,
        sha256: "10e8a802908b34f86e5da8ce962f3c806694bc98450a18f61851af59f324bede",
      },
    ],
    section: (path) => [
      `source: { csv: { path: ${path("wine_data.csv")}, skip: 1, names: [${wineNames.join(", ")}] } }`,
      'columns: { grower: class, "*": { type: number, scale: standard } }',
    ],
  },
  titanic: {
    doc: "891 passengers of the Titanic and whether they survived, with blanks and text columns.",
    source: "Dawson, The “unusual episode” data revisited, 1995 (seaborn's file)",
    files: [
      {
        name: "titanic.csv",
        addresses: ["https://raw.githubusercontent.com/mwaskom/seaborn-data/master/titanic.csv"],
        bytes: 57_018,
        sha256: "81787d320d7f7b03df935e91de8bd19e11d45c5bbcab86ef4d4a76dc91b7d4f2",
      },
    ],
    section: (path) => [
      `source: ${path("titanic.csv")}`,
      "columns:",
      "  survived: { type: binary, role: target }",
      "  pclass: category",
      "  sex: category",
      "  age: { type: number, missing: median, scale: standard }",
      "  sibsp: { type: number, scale: standard }",
      "  parch: { type: number, scale: standard }",
      "  fare: { type: number, transform: log1p, scale: standard }",
      "  # `alive` says the same as `survived`, and the other columns repeat these.",
      '  "*": ignore',
    ],
  },
}
