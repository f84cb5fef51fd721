/**
 * Restricted Boltzmann machines (Smolensky, 1986, as the harmonium): two layers of units that learn the distribution of their
 * data without labels. Stacked, each on the hidden units of the previous one, they are a deep belief network (Hinton, Osindero
 * and Teh, A fast learning algorithm for deep belief nets, 2006).
 */
export * from "./rbm/contrastiveDivergence.ts"
export * from "./rbm/entries.ts"
export * from "./rbm/model.ts"
