// Every kind of damage, by name.
import type { DamageTable } from './damage-kind.ts';
import { dataDamages } from './data-damages.ts';
import { foreignDamages } from './foreign-damages.ts';
import { headerDamages } from './header-damages.ts';
import { metadataDamages } from './metadata-damages.ts';
import { partDamages } from './part-damages.ts';
import { vocabularyDamages } from './vocabulary-damages.ts';

export const damageKinds: DamageTable = {
  ...foreignDamages,
  ...headerDamages,
  ...dataDamages,
  ...partDamages,
  ...metadataDamages,
  ...vocabularyDamages,
};
