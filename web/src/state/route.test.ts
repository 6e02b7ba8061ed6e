import { expect, it } from "vitest";

import { forgetMessage, goTo, linkTo, messageInHash, messageRoute, roomInHash, route } from "./route";

it("names a room, and perhaps a message in it", () => {
  expect([roomInHash("#/room/general"), messageInHash("#/room/general")]).toEqual(["general", null]);
  expect([roomInHash("#/room/general/117"), messageInHash("#/room/general/117")]).toEqual(["general", 117]);
});

it("names nothing where it can't be read", () => {
  for (const hash of ["", "#/", "#/room/", "#/room/General", "#/room/general/", "#/room/general/0", "#/room/general/x"]) {
    expect([roomInHash(hash), messageInHash(hash)]).toEqual([null, null]);
  }
});

it("is given to others as a whole, and is the room's again when it has been followed", () => {
  window.location.href = linkTo("general", 117);
  expect([route.get(), messageRoute.get()]).toEqual(["general", 117]);
  forgetMessage("general");
  expect(window.location.hash).toBe("#/room/general");
  goTo(null);
  expect(route.get()).toBeNull();
});
