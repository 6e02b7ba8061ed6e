import "./gallery.css";

import { useSyncExternalStore } from "react";

import { type Sheet, sheetsOf, type Specimens } from "./specimens";

/** A list of what there is, or one sheet of it; the page's address says which. */
export function Gallery({ specimens }: { readonly specimens: Specimens }) {
  const address = useSyncExternalStore(watchAddress, readAddress);
  const sheets = sheetsOf(specimens);
  const shown = sheets.find((it) => it.address === address);
  return shown === undefined ? <Contents sheets={sheets} /> : <SheetView key={shown.address} sheet={shown} />;
}

function Contents({ sheets }: { readonly sheets: readonly Sheet[] }) {
  return (
    <main className="gallery">
      <h1>Gallery</h1>
      <p>Every component by itself. Colours are those that the browser prefers.</p>
      <ul>
        {sheets.map(({ address, component }) => (
          <li key={address}>
            <a href={`#${encodeURI(address)}`} data-testid="sheet" data-component={component}>
              {address}
            </a>
          </li>
        ))}
      </ul>
    </main>
  );
}

function SheetView({ sheet: { address, states } }: { readonly sheet: Sheet }) {
  return (
    <main className="gallery" data-sheet={address}>
      <p>
        <a href="#/">Gallery</a> / {address}
      </p>
      {Object.entries(states).map(([name, shown]) => (
        <section key={name} className="specimen">
          <h2 className="specimen__name">{name}</h2>
          <div className="specimen__box" data-testid="specimen" data-state={name}>
            {shown}
          </div>
        </section>
      ))}
    </main>
  );
}

function watchAddress(onChange: () => void): () => void {
  window.addEventListener("hashchange", onChange);
  return () => {
    window.removeEventListener("hashchange", onChange);
  };
}

function readAddress(): string {
  return decodeURI(window.location.hash.slice(1));
}
