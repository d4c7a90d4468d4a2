// SPDX-License-Identifier: Apache-2.0

package dumbo_test

import (
	"errors"
	"fmt"
	"testing"

	dumbo "github.com/libdumbo/libdumbo/bindings/go"
)

func TestNames(t *testing.T) {
	for _, c := range []struct {
		value fmt.Stringer
		want  string
	}{
		{dumbo.StateSYNReceived, "SYN-RECEIVED"},
		{dumbo.State(99), "unknown"},
		{dumbo.CauseWindowOpened, "WINDOW_OPENED"},
		{dumbo.StatusTimeout, "TIMEOUT"},
		{dumbo.FrameARPRequest, "ARP_REQUEST"},
		{dumbo.EventPeerClosed, "PEER_CLOSED"},
		{dumbo.ReasonTimedOut, "TIMED_OUT"},
		{dumbo.Anomalies(0), ""},
		{dumbo.AnomalyDupACK, "DUP_ACK"},
		{dumbo.AnomalyInvalidACK | dumbo.AnomalyConnResetting, "INVALID_ACK|CONN_RESETTING"},
		{dumbo.TCPFlags(0), ""},
		{dumbo.FlagSYN | dumbo.FlagACK, "SYN|ACK"},
		{dumbo.TCPFlags(0xff), "FIN|SYN|RST|PSH|ACK|URG|ECE|CWR"},
	} {
		equal(t, fmt.Sprintf("%T", c.value), c.value.String(), c.want)
	}
}

func TestErrorsAreValues(t *testing.T) {
	var err error = fmt.Errorf("while testing: %w", dumbo.ErrConnectionReset)
	failed(t, "wrapped", err, dumbo.ErrConnectionReset)
	if errors.Is(err, dumbo.ErrOutOfMemory) {
		t.Error("it is another one, too")
	}
	var code dumbo.Error
	equal(t, "as a code", errors.As(err, &code) && code == -1001, true)
	equal(t, "fatal", code.Fatal(), true)
	equal(t, "fatal", dumbo.ErrChecksum.Fatal(), false)
	equal(t, "name", dumbo.ErrChecksum.Name(), "DUMBO_ERR_CHECKSUM")
	equal(t, "unknown name", dumbo.Error(1).Name(), "unknown")
	equal(t, "text", len(dumbo.ErrChecksum.Error()) > len("dumbo: "), true)
	equal(t, "text of a reader's", (&dumbo.ReadError{Err: errors.New("gone")}).Error(), "dumbo: reading the payload: gone")
}
