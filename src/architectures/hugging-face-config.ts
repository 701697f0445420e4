// The one input that every family reads.

/** `config.json`, parsed but not yet trusted. */
export type HuggingFaceConfig = Readonly<Record<string, unknown>>;
