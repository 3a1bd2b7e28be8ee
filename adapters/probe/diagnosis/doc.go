// Package diagnosis judges a camera's picture: is there anything on it that a person could
// use? It knows no camera and no clock, only pictures, the times at which they were taken,
// and a small print of those before.
//
//	snapshot ──▶ sampled, at most 320×180 ──▶ measures of 32×18 cells ──▶ scores ──▶ Report
//	                                                 ▲       │
//	                                      print of the last pictures ◀┘
//
// # Faults
//
// They are those that the trade's "video quality diagnosis" looks for: no signal, brightness
// (black, white), occlusion, freezing, definition, colour cast, and snow. No public standard
// with limits for them could be consulted, so the limits here are our own, held by the tests
// of this package over painted scenes, and can be set (see Config). Each judgement says with
// its code what it measures, in which unit, and from which paper the measure is.
//
// One cause gives one fault. A card is also black or without texture, a black picture is
// also frozen: what follows from a fault that is sure is not reported beside it.
//
// # What is no fault
//
// Night in infrared light (grey, noisy, dark behind), lamps at night, a backlit gate, fog,
// snow, a lawn, a blue court, a white wall, a corridor by its exit sign: the tests hold that
// none of them is reported, alone or after a picture of the same view in better light.
//
// # Limits
//
// A camera that sees one lawn, or one wall, and nothing else cannot be told from one with a
// green cast or a cover. A cover over less than four fifths is found only against a print
// with good pictures in it, and not where it is dark. Text that a camera burns into the
// middle two thirds of the picture counts as picture. A frozen picture is found if it is
// encoded alike each time, not if the recorder changes its quality. A re-aimed camera is no
// fault. Blur is measured at 320 pixels: less than about four pixels of 1920 goes unseen.
package diagnosis
