// Levels and types by name, as they cross process borders.
import { z } from 'zod';
import { ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';
import { levels, type Level } from '#src/tensors/levels.ts';

export const levelSchema = z.enum(Object.keys(levels) as [Level, ...Level[]]);
export const ggmlTypeSchema = z.enum(Object.keys(ggmlTypes) as [GgmlType, ...GgmlType[]]);
