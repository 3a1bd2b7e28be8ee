// Package countygen writes the registries of the invented counties in configs/counties.
//
//	Demo  ──▶ configs/counties/demo.yaml   86 schools, 2 depots, 1,962 cameras, 53 buses
//	Small ──▶ configs/counties/small.yaml  3 sites, for tests and for learning
//
// The county is Daichuan, which does not exist: names, numbers and positions are made up,
// always in the same way, so that a test can hold the committed files to this program. To
// change a county, change this program and run
//
//	go test ./adapters/simulator/countygen -update
package countygen
