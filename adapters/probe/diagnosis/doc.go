// Package diagnosis judges a camera's picture: can anything be seen in it?
package diagnosis
