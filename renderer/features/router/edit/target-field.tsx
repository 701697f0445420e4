// Where a route leads, by keyboard: the same as dragging its edge.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { Field } from '#renderer/ui/field.tsx';
import { Select } from '#renderer/ui/select.tsx';
import type { RouteTarget } from '../logic/edit-manifest.ts';
import { targetOf, targetOptions, targetValue } from '../logic/target-options.ts';
import { sendToTarget } from '../state/router-edits.ts';

export interface TargetFieldProps {
  /** Null: what no route takes. */
  route: string | null;
  target: RouteTarget;
  manifest: RouterManifest;
}

export function TargetField({ route, target, manifest }: TargetFieldProps) {
  const options = targetOptions(manifest);
  const value = targetValue(target);
  const known = options.some((option) => option.value === value);
  return (
    <div data-goes-to="">
      <Field
        label="Goes to"
        error={known ? undefined : 'This parent or adapter is not there. Choose another one.'}
      >
        <Select
          value={value}
          options={known ? options : [{ value, label: target.parent, disabled: true }, ...options]}
          onChange={(chosen) => sendToTarget(route, targetOf(chosen))}
        />
      </Field>
    </div>
  );
}
