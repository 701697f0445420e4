// Recipes to open: those of the workspace, newest first, and any other through the picker.
import { useEffect } from 'react';
import { loadRecipes, useCanvasLibrary } from './canvas-library.ts';
import { closePalette, useCanvas } from './canvas-store.ts';
import { openFile, pickAndOpen, recipeTitle } from './document-files.ts';
import { PaletteGroup, PaletteItem } from './palette-item.tsx';

export function RecipesPage() {
  const recipes = useCanvasLibrary((store) => store.recipes);
  useEffect(() => void loadRecipes(), []);
  return (
    <>
      <PaletteGroup name="In this workspace">
        {[...recipes]
          .sort((left, right) => right.modified - left.modified)
          .map((recipe) => (
            <PaletteItem
              key={recipe.file.id}
              value={`recipe ${recipe.file.path}`}
              title={recipeTitle(recipe.file.name)}
              detail={recipe.problem ?? recipe.file.recipePath}
              aside={
                recipe.problem === undefined ? (
                  <span className="num">{recipe.nodes} nodes</span>
                ) : (
                  'cannot be read'
                )
              }
              onSelect={() => {
                closePalette();
                void openFile(recipe.file);
              }}
            />
          ))}
      </PaletteGroup>
      <PaletteGroup name="Elsewhere">
        <PaletteItem
          value="another recipe file"
          title="Another recipe…"
          onSelect={() => {
            closePalette();
            void pickAndOpen();
          }}
        />
        <PaletteItem
          value="new recipe"
          title="New recipe…"
          onSelect={() => {
            closePalette();
            useCanvas.setState({ dialog: { dialog: 'new' } });
          }}
        />
      </PaletteGroup>
    </>
  );
}
