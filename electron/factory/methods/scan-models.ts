// `scanModels`: every model, adapter and matrix below some folders, each told as soon as its header is read.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { walkModels, type ModelCandidate } from '#src/io/walk-models.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { describeCandidate } from '../library/describe-candidate.ts';
import { domainsOfPlaces } from '../library/domain-of-place.ts';

/** Headers that are read at once: enough to keep a slow disk busy, few enough for its cache. */
const readersAtOnce = 8;
/** Folders that cannot be read are named, up to a number that a person reads. */
const notReadLimit = 1_000;

export const scanModels: Handlers<FactoryContract>['scanModels'] = async (
  { folders, depth },
  { signal, emit },
) => {
  const notRead: string[] = [];
  const onNotRead = (message: string) => {
    if (notRead.length < notReadLimit) notRead.push(message);
  };
  const domainOf = domainsOfPlaces();
  let found = 0;
  const describe = async (candidate: ModelCandidate) => {
    const item = await describeCandidate(candidate, domainOf);
    if (item === undefined || signal.aborted) return;
    found++;
    emit({ event: 'item', item });
  };
  // One iterator for all readers: each takes the next candidate when it is free.
  const candidates = walkModels(folders, { depth, signal, onNotRead });
  const reader = async () => {
    for (let next = await candidates.next(); next.done !== true; next = await candidates.next()) {
      signal.throwIfAborted();
      await describe(next.value);
    }
  };
  try {
    await Promise.all(Array.from({ length: readersAtOnce }, reader));
  } finally {
    // Where one reader failed, the others find nothing more.
    await candidates.return(undefined);
  }
  signal.throwIfAborted();
  return { found, notRead };
};
