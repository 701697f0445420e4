// No recipe is open: templates first, then the recipes of the workspace.
import { useEffect } from 'react';
import { formatCount } from '#src/text/format-number.ts';
import { Button } from '#renderer/ui/button.tsx';
import { loadRecipes, useCanvasLibrary } from './canvas-library.ts';
import { useCanvas } from './canvas-store.ts';
import { openEmpty, openFile, pickAndOpen, recipeTitle } from './document-files.ts';
import { templates } from './templates.ts';
import css from './workflow-screen.module.css';

export function EmptyWorkflow() {
  const recipes = useCanvasLibrary((store) => store.recipes);
  useEffect(() => void loadRecipes(), []);
  return (
    <div className={css.empty}>
      <div className={css.emptyIn}>
        <div>
          <h2>Build a model family</h2>
          <p>
            A recipe says which base and adapters become which files. Start from a template, or open
            a recipe; its exact sizes are shown before anything is written.
          </p>
        </div>
        <div className={css.templates}>
          {templates.map(({ name, title, text }) => (
            <button
              key={name}
              type="button"
              className={css.template}
              onClick={() => {
                if (name === 'empty') openEmpty();
                else useCanvas.setState({ dialog: { dialog: 'new', template: name } });
              }}
            >
              <strong>{title}</strong>
              <span>{text}</span>
            </button>
          ))}
        </div>
        {recipes.length > 0 && (
          <section>
            <h3 className="label">Recipes of this workspace</h3>
            <ul className={css.recipes}>
              {[...recipes]
                .sort((left, right) => right.modified - left.modified)
                .slice(0, 50)
                .map((recipe) => (
                  <li key={recipe.file.id}>
                    <button
                      type="button"
                      title={recipe.file.path}
                      onClick={() => void openFile(recipe.file)}
                    >
                      <span>{recipeTitle(recipe.file.name)}</span>
                      <span>{recipe.problem ?? `${formatCount(recipe.nodes)} nodes`}</span>
                    </button>
                  </li>
                ))}
            </ul>
          </section>
        )}
        <div>
          <Button onClick={() => void pickAndOpen()}>Open a recipe file…</Button>
        </div>
      </div>
    </div>
  );
}
