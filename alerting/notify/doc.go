// Package notify delivers notifications to receivers, one file per kind of receiver, each
// receiver with its own queue so that a slow one delays no other.
//
// A Receiver makes one attempt and says by its error whether another one makes sense; when and
// how often is the dispatcher's business. No error of this package shows more of a receiver's
// address than its host: whoever has the address of a chat's webhook may post there.
package notify
