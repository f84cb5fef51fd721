/** What the command's exit code says. Scripts depend on these numbers, so none ever changes its meaning. */
export const exitCodes = {
  ok: 0,
  /** A mistake of Adjoint's own. */
  internal: 1,
  /** The command line cannot be understood. */
  usage: 2,
  /** The model file cannot be used. */
  modelFile: 3,
  /** The data cannot be used. */
  data: 4,
  /** A number became NaN or infinite while training. */
  diverged: 5,
  /** A score is less than `fail_under` asks for. */
  failUnder: 6,
  /** A run folder or checkpoint does not fit what is asked of it. */
  incompatible: 7,
  /** Ctrl-C: 128 and the number of SIGINT. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
