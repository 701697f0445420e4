// The problems of the open manifest, computed once for every version of it.
import { useMemo } from 'react';
import { currentProblems } from '../logic/problems.ts';
import type { FileProblem, RouterDocument } from '../logic/router-document.ts';

export function useProblems(document: RouterDocument): readonly FileProblem[] {
  const { manifest, saved, fileProblems } = document;
  return useMemo(
    () => currentProblems({ manifest, saved, fileProblems }),
    [manifest, saved, fileProblems],
  );
}
