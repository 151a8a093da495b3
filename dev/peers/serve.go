// What the Go peers have in common: net/http and encoding/csv, with one buffer of 64 KiB a response.
package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
)

// serve answers for so many rows at /orders.csv, as they are written, and for short requests at /ping.
func serve(writeOrders func(r *http.Request, out *csv.Writer, count int) error) {
	http.HandleFunc("/ping", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "pong")
	})
	http.HandleFunc("/orders.csv", func(w http.ResponseWriter, r *http.Request) {
		count, err := strconv.Atoi(r.URL.Query().Get("rows"))
		if err != nil {
			http.Error(w, "rows must be a whole number", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		// csv.NewWriter takes a bufio.Writer that is large enough as it is, so that nothing is buffered twice.
		if err := writeOrders(r, csv.NewWriter(bufio.NewWriterSize(w, 64*1024)), count); err != nil {
			// Cuts the connection, so that no client takes half a file for a whole one.
			panic(http.ErrAbortHandler)
		}
	})
	port := os.Getenv("PORT")
	if port == "" {
		port = "0"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
